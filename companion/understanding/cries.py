"""What people cry in need, for recognisers that hear best what they expect.

Beside the open vocabulary these stand in the grammar of every closed question:
a recogniser that has to choose otherwise makes "ja" of them, or nothing. Their
denials stand there too, so that those are not forced onto the cry.
"""

CRIES = (
    "help mij",
    "ik ben gevallen",
    "ik lig op de grond",
    "ik kan niet opstaan",
    "ik heb pijn op mijn borst",
    "ik krijg geen lucht",
    "bel een ambulance",
    "er is brand",
)
DENIALS = (
    "ik ben niet gevallen",
    "ik heb geen pijn op mijn borst",
)
"""Each mirrors a cry that negation turns round."""
