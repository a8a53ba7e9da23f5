"""Words of danger: what people say who are in it, and what only sounds like it.

Every sign is a regular expression on a clause in the form of `words.plain`, without
the noise words; a gap between the parts of a sign never holds a denial. What makes
a sign harmless (denied, long ago, supposed) are the rules of `emergency`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from companion.understanding.intents import Danger

NEGATIVES: Final = frozenset(
    "niet geen nooit niets niemand nergens nauwelijks amper zonder noch evenmin "
    "geenszins nimmer".split()
)
_NEGATIVE = rf"(?:{'|'.join(sorted(NEGATIVES))})"
# Words between the parts of a sign; never a negation.
_GAP = rf"(?: (?!{_NEGATIVE}\b)\w+){{0,5}}"
_SHORT = rf"(?: (?!{_NEGATIVE}\b)\w+){{0,2}}"
# "Ik ben niet hard gevallen": that is a fall.
_FALL_GAP = (
    r"(?:(?: niet(?: zo| heel| echt| al te| eens| erg)? (?:hard|ver|erg|lelijk|hoog|"
    rf"diep|ernstig|goed|lekker))|(?: (?!{_NEGATIVE}\b)\w+)){{0,5}}"
)
_NOT = r"(?:niet|geen|nauwelijks|amper|bijna niet|haast niet|bijna geen|haast geen)"
_RELATIVE = (
    r"(?:man|vrouw|zoon|dochter|moeder|vader|ma|pa|mama|papa|zus|zuster|broer|oom|"
    r"tante|zwager|schoonmoeder|schoonvader|opa|oma|echtgenoot|echtgenote|"
    r"kleinzoon|kleindochter|kleinkind|schoonzoon|schoondochter|schoonzus|neef|nicht|"
    r"buurman|buurvrouw|buurjongen|buurmeisje|buren|overbuurman|overbuurvrouw|"
    r"vriend|vriendin|partner|verzorger|verzorgster|verpleegster|hulp|begeleider|"
    r"begeleidster|mantelzorger|huisgenoot|logee|kind|kinderen|kleinkinderen|"
    r"bezoek|oppas|werkster)"
)
PERSON = (
    rf"(?:(?:mijn|de|het|een|onze|mn) (?:\w+ )?{_RELATIVE}|hij|zij|ze|iemand|"
    r"die man|die vrouw|meneer \w+|mevrouw \w+)"
)
FELL = (
    r"(?:gevallen?|gestruikeld|uitgegleden|uit gegleden|neergevallen|omgevallen|"
    r"gestort|ondersteboven gegaan|onderuit gegaan|onderuit gegleden|"
    r"ten val gekomen|flauwgevallen|omver gevallen|gekukeld|omgekukeld|getuimeld|"
    r"geduikeld|gedonderd|gelazerd|gekieperd|gesmakt|onderuitgegaan|onderuitgegleden|"
    r"in elkaar gezakt|ineengezakt|in elkaar gestort|van (?:mijn|zijn|haar) stokje|"
    r"door (?:mijn|zijn|haar|de) (?:benen|knieen|enkel) (?:gezakt|gegaan)|"
    r"van (?:mijn|zijn|haar) (?:stoel|stokje) gegaan|onwel geworden)"
)
_CHEST = r"(?:borst|borstkas|borstbeen|borststreek|hart|hartstreek)"
_ATTACK = (
    r"(?:hartaanval|hartinfarct|hartstilstand|beroerte|herseninfarct|hersenbloeding|"
    r"tia|attaque)"
)
_BREATHE = r"(?:ademen|ademhalen|adem halen|adem krijgen|lucht krijgen)"
_HURT = (
    r"(?:geslagen|geschopt|gestompt|mishandeld|bedreigd|opgesloten|geknepen|"
    r"misbruikt|aangerand|verkracht|betast|vernederd|gekleineerd|uitgescholden|"
    r"afgeperst|vastgebonden|bestolen door)"
)
_HURTS = (
    r"(?:slaat|sloeg|slaan|schopt|stompt|knijpt|bedreigt|dreigt|mishandelt|misbruikt|"
    r"kleineert|vernedert|scheldt|opsluit|bestelen|besteelt)"
)
_MONEY = (
    r"(?:geld|geldt|pinpas|bankpas|bankpasje|pasje|portemonnee|spaargeld|pensioen|"
    r"aow|sieraden|spullen)"
)
_ME = r"(?:mij|me|mezelf|mijzelf)"

_UP = r"(?:overeind|omhoog|rechtop|op de been|van de (?:grond|vloer)|opstaan|op staan)"
_PLACE = (
    r"(?:(?:mijn|de|het|zijn|haar) )?(?:bed|bad|badkuip|ligbad|stoel|bank|zetel|wc|"
    r"toilet|douche|fauteuil|sta op stoel|bedbank|sofa)"
)
_OUT = (
    rf"(?:(?:uit|van) {_PLACE}(?: (?:af|op|vandaan|uit))?|{_PLACE} (?:uit|af)(?! te\b))"
)
# "Bijna niet" or "moeilijk" is a complaint, "nog niet" is somebody who sleeps in.
_BETWEEN = (
    r"(?:meer|zelf|alleen|nu|ineens|opeens|plotseling|echt|hier|hem|haar|zich|mij|me|"
    r"mezelf|mijzelf|vanochtend|vanmorgen|vanmiddag|vanavond|vannacht|vandaag|"
    r"de|het|toch|gewoon|helemaal|zonder hulp|in mijn eentje|zichzelf|"
    r"s ochtends|s morgens|soms|vaak|altijd|meestal|elke \w+|iedere \w+)"
)
_UNHELPED = r"(?: zonder (?:\w+ )?hulp| in mijn eentje)?(?: uit| af| komen)?"
_GET_UP = rf"(?:{_UP}|{_OUT}(?: (?:komen|opstaan|stappen))?){_UNHELPED}"

# Lying on the floor for hours is what harms an old person most; so each way of
# saying that somebody went down, or cannot get up.
_FALLS: Final = (
    rf"\b(?:ik (?:ben|was|bin)|(?:ben|was) ik){_FALL_GAP} {FELL}\b",
    rf"\bik{_FALL_GAP} {FELL} (?:ben|was)\b",
    rf"\b{PERSON} (?:is|was){_FALL_GAP} {FELL}\b",
    rf"\b(?:is|was) {PERSON}{_FALL_GAP} {FELL}\b",
    rf"^(?:(?:help|toen|net|hard|weer|zo|daarnet|zonet|vannacht|vanmorgen|lelijk|"
    rf"ben|bin|en) )*{FELL}(?: (?:vannacht|vanmorgen|vandaag|net|zojuist|hard|"
    rf"van de trap|uit bed|in de \w+|op de \w+))*$",
    r"\b(?:ik val|val ik|ik viel|viel ik)\b",
    # "Ik ben niet goed geworden en gevallen."
    rf"\b(?:ik|{PERSON}) (?:ben|is|was)\b.* en (?:(?:toen|daarna|zo|net) )*"
    rf"(?:(?!{_NEGATIVE}\b)\w+ ){{0,3}}?{FELL}$",
    r"\b(?:ik lig|lig ik)(?: \w+){0,3} (?:naast (?:mijn|het) bed|onder ?aan de "
    r"trap|in de badkamer|in de gang)\b",
    r"\b(?:ik ga|ik word|ik werd|ik raak|ben ik|ik ben)(?: \w+)? onwel\b",
    r"\bik ben(?: \w+){0,3} aangereden\b",
    rf"\b{PERSON} (?:valt|viel) (?:flauw|van|uit|om|neer)\b",
    rf"\b(?:ik lig|lig ik){_GAP} (?:grond|vloer)\b",
    rf"\b(?:{PERSON} ligt|ligt {PERSON}){_GAP} (?:grond|vloer)\b",
    rf"\b(?:heup|been|arm|pols|enkel|schouder){_SHORT} gebroken\b",
)

# Stuck in a bed, a chair, a bath: as helpless, and as long, as on the floor. What is
# so each morning asks for a helping hand, and for no ambulance.
_STUCK: Final = (
    r"\bik kan (?:\w+ )?niet (?:meer )?(?:zelf )?(?:meer )?"
    rf"(?:opstaan|overeind|omhoog|op staan|op de been|rechtop komen){_UNHELPED}\b",
    r"\b(?:kom|kan) (?:ik )?niet (?:meer )?(?:overeind|omhoog)\b",
    rf"\b(?:ik|{PERSON}) (?:kan|krijg|krijgt) (?:{_BETWEEN} )*niet "
    rf"(?:{_BETWEEN} )*{_GET_UP}$",
    rf"\b(?:kan|krijg|krijgt) (?:ik|{PERSON}) (?:{_BETWEEN} )*niet "
    rf"(?:{_BETWEEN} )*{_GET_UP}$",
    rf"\b(?:kom (?:ik )?|{PERSON} komt |komt {PERSON} )"
    rf"(?:{_BETWEEN} )*niet (?:{_BETWEEN} )*{_GET_UP}$",
    rf"\b(?:ik|{PERSON}) (?:kom|komt|kan|krijg|krijgt) (?:{_BETWEEN} )*{_PLACE} "
    rf"(?:{_BETWEEN} )*niet (?:{_BETWEEN} )*(?:uit|af)(?: komen)?$",
    rf"\b(?:ik|{PERSON}) (?:zit|lig|ligt) (?:\w+ )?(?:vast|klem) "
    rf"(?:in|op) {_PLACE}\b",
    rf"\b(?:ik|{PERSON}) (?:zit|lig|ligt) (?:\w+ )?(?:in|op) {_PLACE} "
    r"(?:vast|klem)\b",
    rf"\b(?:in|op) {_PLACE}\b.* (?:kom|kan|komt) (?:ik |hij |zij |ze )?er "
    rf"(?:{_BETWEEN} )*niet (?:{_BETWEEN} )*"
    r"(?:uit|af|vanaf|eruit|eraf)(?: komen)?$",
    rf"\bniet (?:meer )?(?:om )?(?:op te staan|{_UP} te komen|{_OUT} te komen)$",
    r"\bopstaan (?:lukt|gaat) (?:mij |me )?niet\b",
    # Asked for, of who does not call it a danger.
    rf"\bik (?:heb|vraag|wil)(?: (?!{_NEGATIVE}\b)\w+){{0,3}}? hulp (?:nodig )?"
    rf"(?:bij|met) (?:(?:het|mijn) )?(?:opstaan|op staan|{_UP} komen)\b",
    rf"\bik zoek (?:\w+ )?(?:nu|meteen|direct|snel|dringend|onmiddellijk) (?:\w+ )?"
    rf"hulp (?:bij|met) (?:(?:het|mijn) )?(?:opstaan|op staan|{_UP} komen)\b",
    rf"\bhulp (?:nodig )?om (?:\w+ )?(?:op te staan|{_UP} te komen|{_OUT} te komen)\b",
    rf"\b(?:help|helpt|helpen) (?:mij|me|hem|haar)(?: (?!{_NEGATIVE}\b)\w+){{0,2}}? "
    rf"(?:met opstaan|bij het opstaan|opstaan|{_UP}|{_OUT})\b",
    rf"\b(?:mij|me|hem|haar) (?:\w+ )?(?:{_UP}|{_OUT}) (?:helpen|helpt|tillen|trekken|"
    r"hijsen)\b",
)

# People of this age say "pressure", "a band", "a stone" rather than pain.
_HEART: Final = (
    rf"\b(?:pijn|pijnen|druk|drukkend|drukkende|steek|steken|beklemmend|kramp|"
    rf"knellend|knelt|strak|strakke|band|gewicht|zeer|pijnlijk|benauwd|brandend)"
    rf"(?: \w+){{0,3}}? (?:op|in|aan|om|bij|rond|rondom"
    rf"|achter)(?: \w+)? {_CHEST}\b",
    r"\b(?:drukt|knijpt|knelt|olifant|steen|blok|ligt iets|zit iets)"
    rf"(?: \w+){{0,3}}? op (?:mijn|de) {_CHEST}\b",
    r"\bhart(?: \w+){0,2} (?:op hol|tekeer)\b",
    rf"\bborst{_SHORT} (?:doet|doen|drukt|knelt){_SHORT}(?: pijn| zeer)?\b",
    rf"\bhart{_SHORT} (?:doet|doen){_SHORT} (?:pijn|zeer)\b",
    rf"\bdoet (?:mijn )?{_CHEST}{_SHORT} (?:pijn|zeer)\b",
    r"\bpijn ?op ?de ?borst\b",
    rf"\b(?:ik|{PERSON}) (?:heb|heeft|krijg|krijgt|had){_GAP} {_ATTACK}\b",
    rf"\b(?:ik|{PERSON}){_GAP} {_ATTACK} (?:heb|heeft|krijg|krijgt)\b",
    rf"^(?:een |help |denk ik )*{_ATTACK}(?: denk ik)?$",
)

# No longer getting air; the denial is part of the sign.
_BREATH: Final = (
    rf"\b(?:krijg|krijgt|krijgen|heb|heeft) (?:\w+ ){{0,3}}?{_NOT} "
    r"(?:meer )?(?:genoeg )?(?:lucht|adem)\b",
    r"\b(?:krijg|krijgt) (?:\w+ ){0,2}?(?:slecht|moeilijk|weinig|te weinig) "
    r"(?:lucht|adem)\b",
    rf"\b(?:kan|kon|kunt) (?:\w+ ){{0,3}}?(?:{_NOT}|slecht|moeilijk) "
    rf"(?:meer )?(?:goed )?{_BREATHE}\b",
    rf"\bbijna niet (?:meer )?{_BREATHE}\b",
    r"\b(?:ik heb het|heb ik het|ik ben|ben ik|het is|is het|heeft het|ik word|"
    rf"ik voel me|ik krijg het|{PERSON} is){_SHORT} (?:benauwd|kortademig)\b",
    r"^(?:(?:heel|erg|zo|vreselijk|steeds|een beetje) )*(?:benauwd|kortademig)$",
    r"\b(?:ik stik|stik ik|dreig te stikken|ik ben aan het stikken|stikt bijna)\b",
    r"\b(?:hap|happen|snak|snakken)(?: ik)? naar (?:adem|lucht)\b",
)

# Many take blood thinners: bleeding that does not stop, or blood from inside.
_BLEEDING: Final = (
    r"\b(?:ik bloed|bloed ik)(?= |$)(?! (?:geprikt|prikken|gegeven|laten))",
    r"\b(?:het|die wond|de wond|wond|hij|zij|ze|neus|hand|hoofd|been|arm|vinger|"
    r"knie) bloedt\b",
    r"\b(?:blijft|blijf|hevig|niet stoppen met|stopt niet met|houdt niet op met|"
    r"erg|hard|flink) (?:maar )?(?:bloeden|bloedend)\b",
    r"\b(?:veel|overal|heel veel|bakken) bloed\b",
    rf"\bbloed{_SHORT} (?:spuit|stroomt|gutst|loopt)\b",
    r"\b(?:onder het|verlies|hoest|spuug|braak|plas|poep) (?:\w+ )?bloed\b",
    r"\bbloed (?:opgegeven|opgehoest|gespuugd|gebraakt|geplast|overgegeven)\b",
    r"\bbloed (?:in|bij) (?:mijn |de |het )?(?:"
    r"ontlasting|urine|plas|poep|braaksel)\b",
    r"\bbloed (?:op|over) te? ?(?:hoesten|geven|spugen|braken)\b",
    r"\b(?:slagaderlijke )?bloeding\b",
    rf"\b(?:diep|lelijk|hard){_SHORT} gesneden\b",
)

# Face, arm, speech, as every leaflet about a stroke teaches it, and sight.
_STROKE: Final = (
    r"\b(?:scheef|scheve) (?:gezicht|mond|gelaat)\b",
    rf"\b(?:gezicht|mond|mondhoek){_GAP} (?:scheef|hangt|naar beneden|verlamd)\b",
    r"\b(?:mondhoek|mond|gezicht) (?:hangt|trekt|staat)\b",
    r"\b(?:kan|kon) (?:ik )?(?:(?:ineens|opeens|plotseling|bijna|haast"
    r"|zelf) )*niet "
    r"(?:meer )?(?:goed )?(?:meer )?(?:praten|spreken)\b(?! (?:met|over))",
    r"\bniet (?:meer )?(?:goed )?uit (?:mijn|zijn|haar) woorden\b",
    r"\bpraat\w*(?: \w+){0,2} (?:ineens|opeens|plotseling)\b.*\b(?:wartaal"
    r"|raar|warrig)\b",
    r"\b(?:ik|hij|zij|ze|man|vrouw) praat\w* (?:\w+ )?(?:wartaal"
    r"|met dubbele tong)\b",
    rf"\b(?:arm|been|kant|zijde|hand){_GAP} (?:verlamd|lam|gevoelloos|slap)\b",
    r"\b(?:arm|been) (?:\w+ ){0,3}niet meer (?:\w+ )?(?:bewegen|optillen|voelen)\b",
    r"\bniet meer (?:bewegen|voelen) (?:\w+ )?(?:arm|been)\b",
    r"\b(?:halfzijdig|verlamd|verlamming)\b",
    r"\bzie (?:ik )?(?:ineens|opeens|plotseling) (?:niets|niet|dubbel"
    r"|alles dubbel)\b",
)

# Unconscious, choking, poisoned, hypoglycaemic, or asking for help in so many
# words.
_OTHER_MEDICAL: Final = (
    r"\b(?:bewusteloos|buiten bewustzijn|buiten westen|bewustzijn (?:kwijt"
    r"|verloren))",
    r"\b(?:is |raakt )?niet (?:meer )?(?:aanspreekbaar|bij kennis"
    r"|bij bewustzijn)\b",
    rf"\b{PERSON} reageert (?:nergens|niet|niets)(?: meer)?(?: op)?$",
    rf"\b(?:{PERSON} ademt|ademt {PERSON}) (?:niet|bijna niet|nauwelijks)\b",
    rf"\b{PERSON} (?:wordt niet (?:meer )?wakker|is niet wakker te krijgen)\b",
    r"\bkrijg (?:hem|haar|mijn \w+) niet (?:meer )?wakker\b",
    r"\b(?:ik|hij|zij|ze) (?:ga|gaat|word|wordt|val|valt|dreig)(?: \w+)? "
    r"(?:flauwvallen|flauw|van mijn stokje|te vallen)\b",
    r"\bte veel (?:pillen|medicijnen|slaappillen|tabletten|insuline)\b",
    r"\b(?:vergiftigd|vergif|gif|bleekmiddel|chloor) (?:\w+ )?(?:gedronken"
    r"|ingenomen|"
    r"binnen)\b",
    r"\bik ga dood\b",
    r"\bdat ik (?:dood ?ga|sterf)$",
    r"\bik heb een hypo\b|\b(?:ik|hij|zij|ze) (?:ben|is) vergiftigd\b",
    r"\b(?:keel|tong)(?: \w+)? (?:zwelt|zwellen|dik|dicht|opgezwollen)\b",
    r"\bzwart voor mijn ogen\b",
    r"\bbloed uit (?:mijn|zijn|haar) \w+\b|\bbenauwd gevoel\b",
    rf"\been {_ATTACK} (?:krijg|heb)\b",
    r"\bkan geen woord (?:meer )?(?:uitbrengen|zeggen)\b",
    r"\bkan (?:mij|me|mijn \w+) niet (?:meer )?(?:bewegen|optillen|verroeren)\b",
    r"\bkan niet (?:meer )?(?:slikken|rechtop komen)\b",
    r"\bkan niet meer op mijn benen (?:staan|komen)\b",
    r"\bkom (?:de grond )?niet (?:meer )?(?:van de grond|af)$",
    r"\b(?:been|arm|benen|linkerkant|rechterkant|kant|linkerarm|rechterarm|"
    r"linkerbeen|"
    r"rechterbeen) (?:wil|willen|doet het|doen het) niet meer\b",
    r"\b(?:arm|linkerarm|rechterarm|gezicht|mond|kant)(?: \w+)? (?:tintelt|doet)"
    r"(?: \w+){0,2} raar\b",
    r"\bogen niet (?:meer )?open\b(?= ?$)",
    r"\b(?:pil|pillen|tablet) te veel (?:genomen|geslikt|ingenomen)\b",
    r"\b(?:ik ben|ben ik|is|was)(?: \w+)? van (?:de|het|een) \w+ (?:afgevallen|"
    r"af gevallen|gedonderd)\b",
    r"\bhart(?:je)? doet (?:\w+ )?(?:pijn|zeer)\b",
    r"\bik (?:word|werd) (?:ineens |opeens )?niet (?:goed|lekker)\b(?! van)",
    r"\bik heb (?:\w+ )?hulp nodig$",
    r"\b(?:moet|wil|bel|haal|roep|stuur)(?: \w+){0,2} (?:dokter|huisarts)"
    r"(?: \w+){0,3} (?:meteen|onmiddellijk|snel|spoed)\b",
    r"\bpraat(?: \w+){0,2} (?:raar|vreemd|dubbel)(?: \w+)?$",
    r"\b(?:overdosis|dubbele dosis)\b",
    r"\b(?:verkeerde|al mijn) (?:pillen|medicijnen|tabletten)(?: \w+)? "
    r"(?:geslikt|genomen|ingenomen)\b",
    r"\b(?:voel|voelt)(?: \w+)? (?:mijn|zijn|haar) (?:\w+ )?"
    r"(?:arm|been|linkerarm|rechterarm|linkerbeen|rechterbeen|gezicht)"
    r" (?:ineens |opeens |plotseling )?niet(?: meer)?$",
    r"\b(?:bel|stuur|haal|wil|roep|nodig)(?: \w+){0,3} (?:ambulance|ziekenwagen|"
    r"ziekenauto|112|honderdtwaalf|een een twee|een 1 2)\b",
    r"\b(?:ambulance|ziekenwagen|ziekenauto)(?: \w+)? (?:nodig|bellen|komen)\b",
    r"\b(?:112|honderdtwaalf|een een twee)(?: \w+)? (?:bellen|nodig)\b",
    r"\bhelp help\b|\bhelp (?:mij|me)(?: (?:ik|toch|alstublieft|snel)\b|$)",
    r"\b(?:dringend|snel|meteen|onmiddellijk|nu) (?:\w+ )?hulp nodig\b",
)

# Fire, smoke and gas, of which the nose tells first.
_FIRE: Final = (
    r"\b(?:er is|het is|is er|is het|ik heb|hier is|daar is)(?: \w+)? brand\b",
    r"\b(?:staat|staan|vliegt|vliegen|stond|vloog)(?: \w+){0,3} (?:in (?:de )?"
    r"(?:brand|fik|vlammen))\b",
    r"\b(?:keuken|huis|gordijn|gordijnen|pan|bank|bed|stoel|schuur|kamer)(?: \w+)? "
    r"(?:staat|staan|vliegt) in (?:de )?(?:brand|fik)\b",
    r"\bin (?:de )?(?:brand|fik) gevlogen\b|\bvlam gevat\b|\bvat(?:te)? vlam\b",
    r"\b(?:bel|bellen|roep|haal|waarschuw|stuur)(?: \w+){0,2} "
    r"(?:brandweer|politie)\b",
    r"\b(?:brandweer|politie)(?: \w+)? (?:nodig|bellen|komen|waarschuwen)\b",
    r"\b(?:pan|frituurpan|oven|gordijn|gordijnen|televisie|tv|wasmachine|droger|"
    r"koelkast|bed|bank|stoel|stopcontact|meterkast|prullenbak|tafelkleed|deken|"
    r"keuken|huis)(?: \w+){0,2} (?:brandt|branden|rookt|smeult|smeulen)\b",
    r"\bgas(?: \w+){0,3} (?:open gelaten|opengelaten|open laten staan|openstaan)\b",
    r"\b(?:hoor|zie)(?: \w+){0,2} iemand (?:\w+ )?(?:in (?:mijn |het )?huis|binnen|"
    r"beneden|op zolder|inbreken)\b",
    r"\biemand(?: \w+)? aan het inbreken\b|\binbraak\b",
    r"^(?:help |het is |er is )*brand(?: brand)*(?: in (?:mijn|de|het) \w+)?$",
    r"\bbrand (?:in|bij) (?:mijn|de|het|mij|ons) ?(?:keuken|huis|kamer|flat|schuur|"
    r"gang|slaapkamer|woonkamer|kelder|trappenhuis|gebouw|buren|badkamer)?\b",
    r"^(?:help )*het brandt$",
    r"\bvuur in (?:mijn|de|het)\b|\b(?:keuken|huis|schuur|flat) fikt\b",
    r"\b(?:breekt|breken) (?:er )?(?:iemand|ze|mensen) in\b|\bbinnengedrongen\b",
    r"\b(?:bij|in) (?:de|het|mijn) \w+ is(?: \w+)? brand\b",
    r"\bhet rookt (?:hier|in)\b|\bmonoxidemelder\w* gaat\b|\bbranderigs?\b",
    r"\bmonoxide\w*(?: \w+)? (?:gaat|piept)\b|\bkoolmonoxide\w*\b",
    r"\bhet brandt (?:hier|in|boven|beneden|bij)\b",
    r"\b(?:vlammen|brandlucht|gaslucht|gaslek|koolmonoxide)\b",
    r"\b(?:ruik|zie|ruikt)(?: \w+){0,3} "
    r"(?:rook|brand|vuur|gas)\b",
    r"\b(?:ruikt|ruik|stinkt|lucht)(?: \w+){0,3} naar (?:gas|rook|brand)\b",
    r"\b(?:vol|allemaal|veel|overal) rook\b",
    r"\b(?:er komt|er is|er hangt|komt er)(?: \w+)? rook\b",
    r"\brook (?:in|uit) (?:mijn|de|het)\b",
    r"\b(?:rookmelder|brandalarm|rookalarm|brandmelder)(?: \w+)? (?:gaat"
    r"|piept|loeit)",
    r"\bgas (?:staat nog open|lekt|ontsnapt)\b",
)

# Burglars and robbers: 112 as well, with the same advice to get away.
_INTRUDERS: Final = (
    r"\b(?:inbreker|inbrekers)(?= |$)",
    r"\b(?:word|wordt|is|zijn)(?: \w+){0,4} ingebroken\b",
    r"\b(?:er (?:is|staat|loopt|zit)|is er|staat er)(?: \w+)? (?:iemand|een man|"
    r"een vreemde|vreemden|een vreemde man|een dief) "
    r"(?:\w+ )?(?:binnen|in (?:mijn|het|de) (?:huis|tuin|kamer|gang|schuur"
    r"|keuken))",
    r"\bprobe\w+(?: \w+){0,4} (?:binnen te komen|in te breken|open te breken)\b",
    r"\b(?:dief|dieven|vreemde) in (?:mijn |het )?(?:huis|tuin)\b",
    r"\bik word (?:\w+ )?(?:beroofd|overvallen)\b",
    r"\bik ben (?:net |zojuist |vandaag )?(?:beroofd|overvallen)\b",
)

# Wishing to be dead, mostly said aside: "van mij hoeft het niet meer". One time
# too many costs a sentence, one too few may cost a life.
_SUICIDE: Final = (
    rf"\b(?:wil|wou|wilde|hoef|zou|kan){_GAP} niet meer (?:verder )?"
    r"(?:\w+ )?(?:leven|te leven|wakker (?:te )?worden|zijn)\b",
    r"\b(?:ik )?(?:wil|wou)(?: ik)?(?: zo)? niet (?:meer )?(?:langer )?"
    r"(?:leven|verder leven|wakker worden|blijven leven)\b",
    r"\bzo (?:wil|hoef|kan) ik niet (?:meer )?(?:verder|leven)\b",
    r"\bik (?:wil|kan|hoef) zo niet (?:meer )?(?:verder|leven)\b",
    r"\bhoeft?(?: het| allemaal| dit| alles)* (?:van|voor) (?:mij|me)(?: \w+){0,2} "
    r"niet (?:zo )?(?:meer|langer)\b",
    r"\b(?:van|voor) (?:mij|me) hoeft (?:\w+ ){0,2}niet (?:zo )?(?:meer|langer)\b",
    r"\bhoeft (?:het )?(?:allemaal )niet (?:zo )?meer\b",
    rf"\bik (?:wil|wou|zou|was|ben|wilde){_SHORT} (?:liever|het liefst|graag|maar)"
    r"(?: \w+){0,2} dood\b",
    r"\b(?:ik )?wil(?: ik)?(?: \w+){0,1} (?:dood|sterven|doodgaan|dood gaan)"
    r"(?: zijn)?$",
    r"\bik wil (?:dood|sterven|doodgaan|dood gaan)\b(?! gevonden)",
    r"\bliever dood\b",
    r"\b(?:was ik maar|was ik|ik maar|dat ik) dood(?: (?:was|ging|ga|mag))?$",
    r"\bwas ik maar (?:dood|er niet meer|nooit geboren)\b",
    r"\bwou dat ik (?:dood|er niet meer|niet meer)\b",
    r"\bbeter (?:af )?(?:zonder mij|als ik er niet (?:meer )?(?:was|ben)|dood)\b",
    r"\been eind(?:e)? (?:aan|maken aan|te maken aan) "
    r"(?:\w+ )?(?:mijn leven|alles|mijn bestaan|het leven)\b",
    r"\b(?:ik|kan ik|wil ik|ga ik"
    r"|maak ik)(?: \w+){0,4} een eind(?:e)? (?:er ?)?aan\b",
    r"\b(?:ik )?(?:wil |ga |wou )?er een eind(?:e)? aan (?:maken|te maken)\b",
    r"\ber een eind(?:e)? aan (?:ga |wil )?(?:maak|maken)\b",
    rf"\b(?:{_ME}|mij zelf|mezelf) (?:\w+ )?(?:iets |wat )?(?:aandoen|aan te doen|"
    r"ophangen|verdrinken|van kant maken|ombrengen|doden|te doden|opknopen)\b",
    r"\b(?:zelfmoord|zelfdoding|suicide)\b",
    r"\buit het leven stappen\b",
    r"\bvoor de trein\b(?= (?:springen|gooien|lopen)|$)",
    r"\bspring(?: ik)? voor de trein\b",
    r"\bgeen zin meer (?:in het leven|in mijn leven|om te leven|om verder te)\b",
    r"\bleven(?: \w+){0,3} (?:niet (?:meer )?(?:de moeite )?waard"
    r"|geen zin(?: meer)?|"
    r"zinloos|moe|zat|beu)\b",
    r"\b(?:levensmoe|levenszat)\b",
    r"\b(?:moe|zat|beu|klaar) (?:van|met) (?:het |mijn |dit )?leven\b(?! in)",
    r"\bvoltooid leven\b|\bleven is voltooid\b",
    r"\bik zie het (?:leven |allemaal |echt |helemaal )*niet meer zitten\b",
    r"\b(?:waarom|waarvoor) (?:leef|zou) ik nog(?: leven)?\b",
    r"\bniet meer wakker word\b",
    r"\bnooit meer wakker\b|\bvan het leven af\b|\buit dit leven\b",
    r"\bik wil niet meer verder$|\bgeen gat meer in\b|\beuthanasie\b",
    r"\bleven hoeft niet(?: meer)?\b|\b(?:waarom|waarvoor) ben ik er nog\b",
    r"\bom voor de trein te springen\b|\bgeen reden (?:meer )?om te leven\b",
    r"\bheeft allemaal geen zin meer\b|\bleven (?:wil )?beeindigen\b",
    r"\b(?:denk|verlang)(?: \w+){0,2} (?:aan|naar) (?:doodgaan|de dood)\b",
    r"\bgenoeg van (?:het|mijn|dit) leven\b|\bklaar mee met het leven\b",
    r"\bhoeft het voor (?:mij|me) niet\b|\bwil er niet meer wezen\b",
    r"\bgeen (?:uitweg|andere uitweg)\b",
    r"\b(?:was|waren) ik er maar niet(?: meer)?\b",
    r"\bmag (?:het|mijn leven|alles) (?:\w+ )?(?:afgelopen|voorbij|over) zijn\b",
    r"\bniet meer wakker (?:te )?(?:hoeven )?(?:te )?worden\b",
    r"\blaat (?:mij|me)(?: \w+){0,3} (?:doodgaan|dood gaan|sterven)\b",
    r"\b(?:mag|kan|zou|wou|kon)(?: ik)?(?: \w+){0,2} "
    r"(?:doodgaan|dood gaan|sterven)$",
    r"\bhoop(?: \w+){0,3} dat ik(?: \w+){0,3} (?:doodga|dood ga|sterf|dood mag"
    r"|mag (?:sterven|doodgaan))\b",
    r"\bverlang(?: \w+){0,2} naar (?:de|mijn) dood\b",
    r"\bspring(?: \w+){0,3} (?:van het (?:dak|balkon)|van de flat|uit het raam)\b",
    r"\b(?:van het (?:dak|balkon)|van de flat|uit het raam) (?:springen|spring)\b",
    r"\b(?:geef|gaven|geven) (?:mij|me) (?:maar )?een spuitje\b",
    r"\b(?:maak|hang)(?: ik)? (?:mezelf|mijzelf|mij|me) (?:van kant|op)$",
    r"\bniets meer om voor te leven\b",
    r"\b(?:ik )?(?:stap|wil)(?: \w+)? (?:eruit|er uit) (?:stappen|met het leven)\b",
    r"\b(?:hoef|wil)(?: \w+)? niet (?:meer )?verder leven\b",
    r"\bpillen (?:op ?sparen|opgespaard|gespaard)\b",
    r"\bniemand (?:zou |zal )?(?:mij|me) missen\b",
)

# Struck, robbed, locked in or threatened by somebody near, whom the person fears
# to name.
_ABUSE: Final = (
    rf"\b(?:{PERSON}|die|ze){_GAP} {_HURTS}(?: \w+){{0,2}}? (?:mij|me)\b(?! over)",
    rf"\b{_HURTS} {PERSON}{_SHORT} (?:mij|me)\b(?! over)",
    rf"\b{PERSON}{_SHORT} (?:mij|me){_SHORT} {_HURTS}\b",
    rf"\b{PERSON} (?:heeft|hebben|had){_GAP} (?:mij|me){_GAP} {_HURT}\b",
    rf"\bheeft {PERSON}{_SHORT} (?:mij|me){_GAP} {_HURT}\b",
    rf"\b(?:heeft|hebben) (?:mij|me){_GAP} {_HURT}\b",
    rf"\b(?:ik (?:word|werd|ben)|(?:word|werd|ben) ik){_GAP} {_HURT}\b",
    rf"\b(?:{PERSON}|die)(?: \w+)? (?:pakt|steelt|jat|pikt|neemt|rooft|gapt)"
    rf"(?: \w+){{0,4}} {_MONEY}\b",
    rf"\b(?:pakt|steelt|pikt|neemt|jat) {PERSON}(?: \w+){{0,3}} {_MONEY}\b",
    rf"\b{PERSON}(?: \w+){{0,2}} {_MONEY}(?: \w+)? (?:afpakt|steelt"
    rf"|wegneemt|pikt)\b",
    rf"\b{PERSON} heeft{_GAP} {_MONEY}{_SHORT} (?:gestolen|afgepakt|gepikt|"
    r"afgenomen|weggenomen|gejat|ingepikt)\b",
    rf"\b{_MONEY}{_SHORT} (?:wordt|is|word){_GAP} (?:gestolen|afgepakt) door "
    rf"{PERSON}\b",
    rf"\b(?:ik ben|ben ik){_SHORT} bang(?: \w+)? (?:voor|van) "
    rf"(?:{PERSON}|hem|haar|hun|de kinderen)\b",
    rf"\bbang (?:voor|van) (?:{PERSON}|hem|haar)(?: ben ik)?$",
    rf"\b{PERSON}{_GAP} (?:sluit|sluiten|houdt){_SHORT} (?:mij|me) (?:op"
    rf"|vast|binnen)\b",
    r"\b(?:zit|zitten) (?:steeds |altijd )?aan (?:mij|me)\b",
    rf"\b{PERSON} dwingt (?:mij|me)\b",
    rf"\b{PERSON} (?:heeft|gaf|geeft){_GAP} (?:mij|me){_GAP} (?:klap|klappen|schop"
    r"|duw|stomp|slaag)\b",
    rf"\b{PERSON}(?: \w+)? (?:is|wordt) (?:\w+ )?(?:agressief|gewelddadig|"
    r"hardhandig|ruw) ?(?:tegen (?:mij|me))?$",
    rf"\b{PERSON} knijpt (?:mij|me|in mijn)\b",
    rf"\b{PERSON} duwt (?:mij|me)(?: (?:tegen|om|van|hard|steeds)\b|$)",
    r"\b(?:ze|zij|hij) (?:nemen|neemt|halen|haalt) mijn geld\b",
    rf"\b{PERSON}(?: \w+)? (?:haalt|plundert) mijn (?:bank)?rekening\b",
    rf"\b{PERSON}(?: \w+)? (?:steelt|jat|pikt)(?: \w+)? van (?:mij|me)\b",
    rf"\bmag(?: \w+){{0,3}} de deur niet uit van {PERSON}\b",
    r"\banders slaat (?:hij|ze)\b",
    r"\b(?:ze|zij|de kinderen) (?:schelden|slaan|doen|duwen|sluiten|bedreigen"
    r"|knijpen)"
    r" (?:mij|me)(?: \w+)?(?: (?:uit|pijn|op))?\b",
    rf"\b{PERSON} houdt (?:mij|me) (?:\w+ )?(?:opgesloten|vast|binnen)\b",
    rf"\b{PERSON} heeft aan (?:mij|me) gezeten\b|\braakt (?:mij|me) aan\b",
    rf"\bgeld(?: \w+){{0,4}} (?:gehaald|gestolen|weggehaald) door {PERSON}\b",
    r"\bik krijg (?:hier )?geen eten(?: meer)?$|^(?:mijn|de) \w+ slaat$",
    r"\bkrijg(?: \w+){0,2} (?:klappen|slaag|een klap|een schop)\b",
    rf"\b(?:ze|zij|die|de kinderen|mijn kinderen)(?: \w+)? (?:pakken|stelen|pikken|"
    rf"jatten|roven)(?: \w+){{0,3}} {_MONEY}\b",
    rf"\b{PERSON} doet (?:mij|me) (?:\w+ )?(?:pijn|kwaad|zeer)\b",
    rf"\b{PERSON}{_GAP} (?:schreeuwt|vloekt|gooit)(?: \w+){{0,3}} (?:tegen|naar) "
    r"(?:mij|me)\b",
    r"\bmag(?: ik)?(?: \w+){0,3} niet (?:\w+ )?(?:naar buiten|eten|bellen"
    rf"|de deur uit)(?: \w+)? van {PERSON}\b",
    rf"\bkrijg(?: \w+){{0,2}} geen eten (?:van|meer van) {PERSON}\b",
    rf"\b(?:van|door) {PERSON} niet (?:naar buiten|eten|bellen|de deur uit)\b",
)

_TEXTS: Final[Mapping[Danger, tuple[str, ...]]] = MappingProxyType(
    {
        Danger.MEDICAL: (
            *_FALLS, *_STUCK, *_HEART, *_BREATH, *_BLEEDING, *_STROKE, *_OTHER_MEDICAL,
        ),
        Danger.FIRE: (*_FIRE, *_INTRUDERS),
        Danger.SUICIDE: _SUICIDE,
        Danger.ABUSE: _ABUSE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """Words of danger.

    Attributes:
        danger: Which.
        pattern: Found in a clause that tells of it.
        may_be_usual: Whether it is no danger where it is so each day.
    """

    danger: Danger
    pattern: re.Pattern[str]
    may_be_usual: bool = False


# What may stand between the parts of a sign is never its denial.
SIGNS: Final = tuple(
    Sign(
        danger,
        re.compile(
            # "Zeer" was brought to "heel" already, like all that only strengthens.
            text.replace("|zeer)", "|zeer|heel)")
            .replace(r"(?: \w+)", rf"(?: (?!{_NEGATIVE}\b)\w+)")
            .replace(r"(?:\w+ )", rf"(?:(?!{_NEGATIVE}\b)\w+ )")
        ),
        text in _STUCK,
    )
    for danger, texts in _TEXTS.items()
    for text in texts
)

# Figures of speech and other words in which a sign stands for no danger.
FIGURES = re.compile(
    r"\b(?:in slaap|in de smaak|stil|buiten de boot|in herhaling|door de mand|lastig|"
    r"in de prijzen|uit mijn rol|in duigen|op hem|voor hem|voor haar|op haar|samen|"
    r"met de deur in huis|in de boter|in de war|in stukken|mee|tegen|af|"
    r"met mijn neus|uit elkaar|kilo) gevallen\b"
    r"|\b(?:ik val|val ik|ik viel|viel ik)(?: \w+){0,4} (?:in slaap|op|af|stil|"
    r"lastig|tegen|mee|in herhaling|met de deur|van mijn geloof|"
    r"van (?:mijn|het) geloof|om van (?:de |het )?(?:slaap|vermoeidheid|moeheid|honger)"
    r"|onder)\b(?! (?:de|mijn|het "
    r"(?:trap|vloer|stoep|stoel|keuken)|een))"
    r"|\b(?:ik val|val ik|ik viel|viel ik)(?: \w+){0,3} in (?:een )?(?:diepe )?slaap\b"
    r"|\b(?:ik )?(?:val|viel)(?: ik)? (?:daar |er |wel |best )?onder\b"
    r"|\bik ga dood van\b|\bik ga dood (?:aan|als)\b|\bga(?: \w+)? dood van\b"
    r"|\bstik(?: ik)?(?: haast| bijna| zowat)? (?:van|in|de moord)\b"
    r"|\bbenauwd (?:voor|weer|buiten|warm|om)\b|\bhet is(?: \w+){0,3} benauwd(?: \w+)*"
    r" (?:buiten|weer|vandaag|hier|warm)\b|\bhet is (?:hier|buiten|vandaag|lekker)"
    r"(?: \w+)? benauwd\b"
    r"|\bpijn (?:aan|in) het hart\b(?= (?:dat|om|als|afscheid|neem|heb ik besloten))"
    r"|\b(?:met pijn in (?:het|mijn) hart|doet (?:me|mij) pijn aan het hart)\b"
    r"|\bdruk (?:\w+ )?hart\b|\bband (?:\w+ ){0,2}met\b|\bzwaar op de maag\b"
    r"|\bbrand ?new\b|\bbrand los\b|\bin vuur en vlam\b|\boude vlam\w*\b"
    r"|\b(?:laten we|zullen we|zullen wij|kunnen we|u|we) (?:\w+ )?er (?:nu )?"
    r"(?:maar )?een eind(?:e)? aan\b"
    r"|\b(?:tijger|hond|kat|vogel|poes|plant)(?: \w+)? dood\b"
    r"|\bdood ?(?:moe|op|gewoon|gemakkelijk|gaan van)\b"
    r"|\bbang(?: \w+)? dat ik dood(?: ?ga)?\b"
    r"|\bliever dood dan rood\b|\bslaat (?:mij|me) (?:nergens|aan|hoog)\b"
    r"|\b(?:slaat|sloeg) (?:een|de|het) (?:\w+ )?(?:arm|plaid|deken) (?:om|over)\b"
    r"|\b(?:neemt|haalt|pint|pakt)(?: \w+){0,3} geld(?: \w+){0,2} (?:mee|voor mij)\b"
    r"|\bbrand(?:en)? (?:een )?(?:kaars\w*|blussen)\b"
    r"|\b(?:film|serie|boek) over\b"
    # Who says that it did not come to a fall, stumbled only.
    r"|\b(?:gestruikeld|uitgegleden)(?: \w+){0,3} (?:niet|nergens) gevallen\b"
)
USUALLY = re.compile(
    r"\b(?:s (?:ochtends|morgens|middags|avonds|nachts)|soms|vaak|altijd|meestal|"
    r"gewoonlijk|geregeld|regelmatig|(?:elke|iedere|alle) \w+|dagelijks|wekelijks|"
    r"tegenwoordig|de laatste (?:tijd|weken|maanden)|(?:al|sinds) (?:jaren|weken|"
    r"maanden)|voortaan|keer per (?:dag|week)|op (?:maandag|dinsdag|woensdag|donderdag|"
    r"vrijdag|zaterdag|zondag)|een paar keer)\b"
)
# A fall that nearly was is none.
NEARLY = re.compile(rf"\b(?:bijna|haast|zowat|op een haar na)(?: \w+){{0,4}} {FELL}\b")
