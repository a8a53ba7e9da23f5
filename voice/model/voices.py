"""Which of espeak-ng's voices train the model, and which only measure it.

Variants of one speaker, or with the same formants, are on the same side. Left out
are those that are no person (robots, whispers, a demon), and MBROLA's voices,
whose licences do not allow it.
"""

from voice.model.speaker import STOCK_VOICE

HELD_OUT_VARIANTS = (
    "Alex", "Annie", "aunty", "f4", "grandma", "linda", "m6", "michel", "pedro",
    "victor",
)  # fmt: skip

TRAINING_VARIANTS = (
    "Alicia", "Andrea", "Andy", "AnxiousAndy", "Denis", "Diogo", "Gene", "Gene2",
    "Henrique", "Hugo", "Jacky", "Lee", "Marco", "Mario", "Michael", "Mike",
    "Nguyen", "RicishayMax", "RicishayMax2", "RicishayMax3", "Storm", "Tweaky",
    "adam", "anika", "announcer", "antonio", "belinda", "benjamin", "boris",
    "caleb", "david", "ed", "edward", "edward2", "f1", "f2", "f3", "f5", "grandpa",
    "gustave", "iven", "iven2", "iven3", "iven4", "john", "kaukovalta", "klatt",
    "klatt2", "klatt3", "klatt4", "klatt5", "klatt6", "m1", "m2", "m3", "m4", "m5",
    "m7", "m8", "marcelo", "max", "miguel", "norbert", "pablo", "paul", "quincy",
    "rob", "robert", "sandro", "shelby", "steph", "steph2", "steph3", "travis",
    "zac",
)  # fmt: skip

HELD_OUT_VOICES = tuple(f"{STOCK_VOICE}+{variant}" for variant in HELD_OUT_VARIANTS)
"""Never trained on."""

TRAINING_VOICES = (
    STOCK_VOICE,
    *(f"{STOCK_VOICE}+{variant}" for variant in TRAINING_VARIANTS),
)
