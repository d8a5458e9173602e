"""The parts of a person: heads, faces, hair, outfits, accessories.

Every part fits every other one, so that persons are combinations. None is tied
to a gender, an age or an origin: faces have neither lashes nor beards.
"""

from __future__ import annotations

from typing import NamedTuple

from ml.portraits.shapes import Drawing, area, box, disc, flat, line


class Part(NamedTuple):
    """A part of a person.

    Attributes
    ----------
    words : str
        What it is called, in English; a message to translate.
    front : tuple of Shape
        What is drawn over the head or the body.
    back : tuple of Shape
        What is drawn behind the head.
    top : tuple of Shape
        What is drawn over the hair.
    """

    words: str
    front: Drawing
    back: Drawing = ()
    top: Drawing = ()


NECK: Drawing = (
    area("skin", "M208 262V352Q240 376 272 352V262z"),
    flat("blush", "M211 284Q240 314 269 284V302Q240 330 211 302z"),
)
EARS: Drawing = (
    area("skin", disc(165, 208, 19)),
    area("skin", disc(315, 208, 19)),
)

HEADS: tuple[Drawing, ...] = (
    (
        area(
            "skin",
            "M240 108C292 108 315 146 315 198C315 252 284 294 240 294"
            "C196 294 165 252 165 198C165 146 188 108 240 108z",
        ),
    ),
    (
        area(
            "skin",
            "M240 110C292 110 319 150 319 200C319 252 288 284 240 284"
            "C192 284 161 252 161 200C161 150 188 110 240 110z",
        ),
    ),
    (
        area(
            "skin",
            "M240 108C290 108 315 130 315 178V224C315 268 286 290 240 290"
            "C194 290 165 268 165 224V178C165 130 190 108 240 108z",
        ),
    ),
    (
        area(
            "skin",
            "M240 108C294 108 319 142 317 188C315 238 276 298 240 298"
            "C204 298 165 238 163 188C161 142 186 108 240 108z",
        ),
    ),
)

EYES: tuple[Drawing, ...] = (
    (flat("ink", disc(211, 205, 8)), flat("ink", disc(269, 205, 8))),
    (flat("ink", disc(211, 205, 7, 10)), flat("ink", disc(269, 205, 7, 10))),
    (line("M200 208Q211 194 222 208M258 208Q269 194 280 208"),),
)
BROWS: tuple[Drawing, ...] = (
    (line("M197 181Q210 171 224 178M256 178Q270 171 283 181"),),
    (line("M198 176H223M257 176H282"),),
    (line("M197 176Q210 172 223 179M257 174Q272 164 284 174"),),
    (line("M198 180Q208 166 223 173M257 173Q272 166 282 180"),),
)
NOSES: tuple[Drawing, ...] = (
    (line("M242 206L234 230Q238 234 246 232"),),
    (line("M230 226Q240 238 250 226"),),
    (line("M240 204Q254 226 248 231Q243 235 236 232"),),
)
MOUTHS: tuple[Drawing, ...] = (
    (line("M218 254Q240 274 262 254"),),
    (area("paper", "M216 252H264Q260 276 240 276Q220 276 216 252z"),),
    (line("M220 258Q246 268 264 250"),),
    (line("M224 258Q240 266 256 258"),),
)
CHEEKS: Drawing = (
    flat("blush", disc(194, 238, 13, 10)),
    flat("blush", disc(286, 238, 13, 10)),
)

HAIR: tuple[Part, ...] = (
    Part(
        "short curls",
        (
            area(
                "hair",
                "M164 200A30 30 0 0 1 152 152A32 32 0 0 1 178 106"
                "A36 36 0 0 1 232 84A36 36 0 0 1 292 98"
                "A32 32 0 0 1 326 146A30 30 0 0 1 316 200"
                "Q312 180 300 168A22 22 0 0 1 264 158"
                "A26 26 0 0 1 218 158A22 22 0 0 1 182 166Q168 180 164 200z",
            ),
            line(
                "M196 126q12 -14 28 -6M252 116q16 -8 26 8M284 140q12 -2 16 10"
            ),
        ),
    ),
    Part(
        "a straight bob",
        (
            area(
                "hair",
                "M142 300L150 190C150 110 190 82 240 82C290 82 330 110 330 190"
                "L338 300Q338 308 330 308H310Q302 308 302 300L306 170H174"
                "L178 300Q178 308 170 308H150Q142 308 142 300z",
            ),
            line("M214 170V140M258 170V128"),
        ),
        (area("hair", "M158 180H322L326 304H154z"),),
    ),
    Part(
        "a top knot",
        (
            area(
                "hair",
                "M162 200C154 138 190 100 240 100C290 100 326 138 318 200"
                "C306 158 280 142 240 142C200 142 174 158 162 200z",
            ),
            line("M222 118Q196 126 184 146M258 118Q284 126 296 146"),
        ),
        (
            area("hair", disc(240, 72, 40)),
            line("M222 64Q240 48 258 66M230 84Q246 74 256 80"),
        ),
    ),
    Part(
        "a swept side parting",
        (
            area(
                "hair",
                "M160 206C144 150 164 100 206 92C262 66 338 96 320 206"
                "C316 180 308 162 298 154C256 162 218 150 200 124"
                "C194 152 172 168 160 206z",
            ),
            line("M200 124Q206 110 220 104M236 118Q262 134 290 130"),
        ),
    ),
    Part(
        "a round crown of curls",
        (
            area(
                "hair",
                "M162 206A26 26 0 0 1 156 164A30 30 0 0 1 186 130"
                "A32 32 0 0 1 240 116A32 32 0 0 1 294 130"
                "A30 30 0 0 1 324 164A26 26 0 0 1 318 206"
                "Q314 184 302 172A20 20 0 0 1 270 158A22 22 0 0 1 232 154"
                "A22 22 0 0 1 196 166Q170 178 162 206z",
            ),
        ),
        (
            area(
                "hair",
                "M142 262A40 40 0 0 1 118 202A42 42 0 0 1 122 136"
                "A44 44 0 0 1 160 82A46 46 0 0 1 220 52"
                "A46 46 0 0 1 286 58A44 44 0 0 1 340 96"
                "A42 42 0 0 1 362 156A42 42 0 0 1 356 218"
                "A38 38 0 0 1 330 264z",
            ),
            line("M150 140q6 -18 22 -20M206 86q16 -14 34 -4M300 94q18 2 24 18"),
        ),
    ),
    Part(
        "long waves",
        (
            area(
                "hair",
                "M248 98C192 84 146 120 158 226C178 206 176 172 204 158"
                "C230 146 242 126 248 98z",
            ),
            area(
                "hair",
                "M248 98C300 88 334 126 322 226C306 206 308 176 288 160"
                "C264 146 250 126 248 98z",
            ),
        ),
        (
            area(
                "hair",
                "M240 80C296 78 336 116 332 190C330 226 356 244 350 288"
                "C344 316 362 334 350 362Q330 392 240 392Q150 392 130 362"
                "C118 334 136 316 130 288C124 244 150 226 148 190"
                "C144 116 184 78 240 80z",
            ),
            line("M150 262Q146 292 156 320M330 262Q334 292 324 320"),
        ),
    ),
    Part(
        "a knitted cap",
        (
            area(
                "hair",
                "M166 160L158 214Q174 206 178 176V160zM314 160L322 214"
                "Q306 206 302 176V160z",
            ),
            area(
                "prop", "M160 150C160 92 196 66 240 66C284 66 320 92 320 150z"
            ),
            area("spark", box(148, 132, 184, 42, 20)),
            line(
                "M186 134V172M214 134V172M240 134V172M266 134V172M294 134V172"
            ),
            line("M240 68V130M200 82Q188 104 188 130M280 82Q292 104 292 130"),
        ),
        (area("spark", disc(240, 60, 24)),),
    ),
    Part(
        "a tall quiff",
        (
            area(
                "hair",
                "M162 206C150 158 158 134 172 122C150 62 220 26 262 52"
                "C312 40 346 88 318 126C326 152 324 178 318 206"
                "Q314 166 300 150C262 162 218 156 186 140"
                "Q170 166 162 206z",
            ),
            line(
                "M196 124Q188 92 214 76M234 128Q222 96 248 76"
                "M276 128Q270 104 292 88"
            ),
        ),
    ),
    Part(
        "close-cropped hair",
        (
            area(
                "hair",
                "M161 204C150 136 188 96 240 96C292 96 330 136 319 204"
                "L310 196Q312 160 292 146Q240 134 188 146Q168 160 170 196z",
            ),
        ),
    ),
    Part(
        "two buns",
        (
            area(
                "hair",
                "M162 206C150 140 188 98 240 98C292 98 330 140 318 206"
                "C312 172 292 152 240 138C188 152 168 172 162 206z",
            ),
            line(
                "M240 100V138M204 112Q188 124 182 142M276 112Q292 124 298 142"
            ),
        ),
        (
            area("hair", disc(164, 92, 38)),
            area("hair", disc(316, 92, 38)),
            line("M148 84Q164 70 178 88M332 84Q316 70 302 88"),
        ),
    ),
    Part(
        "a braid over the shoulder",
        (
            area(
                "hair",
                "M320 206C334 134 296 88 236 92C176 94 146 142 158 250"
                "C180 236 182 184 204 166C250 168 290 158 300 146"
                "Q316 166 320 206z",
            ),
            line("M276 112Q240 104 206 124M288 132Q240 146 204 142"),
            area(
                "hair",
                "M150 246C180 236 196 262 176 284C152 286 138 262 150 246z",
            ),
            area(
                "hair",
                "M152 280C182 270 198 296 178 318C154 320 140 296 152 280z",
            ),
            area(
                "hair",
                "M154 314C184 304 200 330 180 352C156 354 142 330 154 314z",
            ),
            area("hair", "M158 360L154 398Q168 410 184 398L180 356z"),
            area("spark", box(152, 346, 34, 18, 8)),
        ),
    ),
    Part(
        "a wide-brimmed hat",
        (
            area(
                "prop", "M178 134C172 66 200 50 240 58C280 50 308 66 302 134z"
            ),
            flat("ink", "M176 104Q240 122 304 104V136Q240 150 176 136z"),
            area(
                "prop",
                "M108 136C144 118 176 128 240 134C304 128 336 118 372 136"
                "C354 164 302 168 240 168C178 168 126 164 108 136z",
            ),
        ),
        (
            area(
                "hair",
                "M158 140H322L334 252Q336 270 318 270H162Q144 270 146 252z",
            ),
        ),
    ),
)

_TORSO = (
    "M86 480C86 404 114 366 192 348Q240 372 288 348C366 366 394 404 394 480z"
)
_SLEEVES = line("M148 480L154 420M332 480L326 420")

OUTFITS: tuple[Part, ...] = (
    Part(
        "a striped sweater",
        (
            area("cloth", _TORSO),
            flat("trim", "M155 382H325V398H155zM153 412H327V428H153z"),
            area("cloth", "M188 350Q240 396 292 350L284 338Q240 368 196 338z"),
            _SLEEVES,
        ),
    ),
    Part(
        "a collared shirt",
        (
            area("cloth", _TORSO),
            _SLEEVES,
            line("M240 384V480"),
            area("trim", "M206 330L240 384L194 398L180 350z"),
            area("trim", "M274 330L240 384L286 398L300 350z"),
            flat("ink", disc(254, 418, 5)),
        ),
    ),
    Part(
        "a roll-neck jumper",
        (
            area("cloth", _TORSO),
            _SLEEVES,
            area("cloth", "M196 308Q240 330 284 308L292 356Q240 384 188 356z"),
            line("M214 322V364M240 328V370M266 322V364"),
        ),
    ),
    Part(
        "a hooded sweatshirt",
        (
            area("cloth", _TORSO),
            _SLEEVES,
            area(
                "trim",
                "M180 372C150 330 176 296 206 300C208 336 226 352 240 352"
                "C254 352 272 336 274 300C304 296 330 330 300 372"
                "Q240 410 180 372z",
            ),
            line("M222 386V424M258 386V424"),
        ),
    ),
    Part(
        "a blazer",
        (
            area("paper", "M190 346H290L262 480H218z"),
            area(
                "cloth", "M86 480C86 404 114 366 192 344L204 352L240 452V480z"
            ),
            area(
                "cloth", "M394 480C394 404 366 366 288 344L276 352L240 452V480z"
            ),
            area(
                "trim",
                "M194 338L166 380L190 390L178 404L236 456Q212 392 208 346z",
            ),
            area(
                "trim",
                "M286 338L314 380L290 390L302 404L244 456Q268 392 272 346z",
            ),
        ),
    ),
    Part(
        "dungarees",
        (
            area("trim", _TORSO),
            line("M186 352Q240 400 294 352"),
            _SLEEVES,
            area(
                "cloth",
                "M166 358L190 350L202 398H278L290 350L314 358L306 398V480"
                "H174V398z",
            ),
            line("M202 398H174M278 398H306"),
            flat("ink", disc(190, 412, 7)),
            flat("ink", disc(290, 412, 7)),
        ),
    ),
    Part(
        "a quilted vest",
        (
            area("trim", _TORSO),
            area(
                "cloth",
                "M160 356L200 334Q240 372 280 334L320 356Q336 416 330 480H150"
                "Q144 416 160 356z",
            ),
            line("M156 382Q198 396 240 390Q282 396 324 382"),
            line("M150 418Q196 430 240 424Q284 430 330 418"),
            line("M240 358V480"),
        ),
    ),
    Part(
        "a zipped jacket",
        (
            area("cloth", _TORSO),
            flat(
                "trim",
                "M99 418C118 380 150 362 192 352L240 368L288 352"
                "C330 362 362 380 381 418Q240 386 99 418z",
            ),
            line("M97 420Q240 388 383 420"),
            line(_TORSO),
            area(
                "cloth",
                "M190 362L194 318Q212 340 240 344Q268 340 286 318L290 362"
                "Q264 380 240 372Q216 380 190 362z",
            ),
            line("M240 346V480"),
        ),
    ),
    Part(
        "a zigzag poncho",
        (
            area(
                "cloth",
                "M66 480Q112 372 192 344Q240 372 288 344Q368 372 414 480z",
            ),
            flat(
                "trim",
                "M104 424L134 396L162 420L188 392L214 420L240 394L266 420"
                "L292 392L318 420L346 396L376 424L386 440L346 416L318 440"
                "L292 412L266 440L240 414L214 440L188 412L162 440L134 416"
                "L94 440z",
            ),
            area("trim", "M184 350Q240 402 296 350L284 334Q240 366 196 334z"),
        ),
    ),
    Part(
        "a buttoned cardigan",
        (
            area("paper", "M190 346H290L250 430H230z"),
            area("cloth", "M86 480C86 404 114 366 192 344L240 424V480z"),
            area("cloth", "M394 480C394 404 366 366 288 344L240 424V480z"),
            area(
                "trim",
                "M196 336L186 348Q196 394 232 428V480H248V428"
                "Q284 394 294 348L284 336Q276 384 240 412Q204 384 196 336z",
            ),
            flat("ink", disc(240, 430, 6)),
            _SLEEVES,
        ),
    ),
    Part(
        "a T-shirt with a pocket",
        (
            area("skin", _TORSO),
            area(
                "cloth",
                "M98 432Q108 380 192 348Q240 400 288 348Q372 380 382 432"
                "L332 440V480H148V440z",
            ),
            line("M148 440L156 406M332 440L324 406"),
            area("trim", "M190 350Q240 404 290 350L282 340Q240 380 198 340z"),
            area("trim", "M278 396H318V422L298 432L278 422z"),
        ),
    ),
    Part(
        "a wrap jacket",
        (
            area("paper", "M196 344H284L240 410z"),
            area("cloth", "M394 480C394 404 366 366 288 344L196 430V480z"),
            area("cloth", "M86 480C86 404 114 366 192 344Q224 420 316 480z"),
            area(
                "trim",
                "M192 336L174 350Q214 424 292 490H332Q236 420 208 346z",
            ),
            line("M288 344L262 384"),
            _SLEEVES,
        ),
    ),
)

ACCESSORIES: tuple[Part, ...] = (
    Part("", ()),
    Part(
        "round glasses",
        (
            line(
                disc(209, 208, 25)
                + disc(271, 208, 25)
                + "M234 204Q240 198 246 204M184 204L166 198M296 204L314 198"
            ),
        ),
    ),
    Part(
        "a scarf",
        (),
        (
            area("spark", "M262 344L304 352L312 436H268z"),
            line("M286 372L290 412"),
            area(
                "spark",
                "M184 314Q240 342 296 314Q316 334 304 356Q240 394 176 356"
                "Q164 334 184 314z",
            ),
            line("M212 336Q206 350 212 364M250 340Q246 356 252 370"),
        ),
    ),
    Part(
        "headphones",
        (),
        (),
        (
            area(
                "spark",
                "M152 196C146 40 334 40 328 196H316C322 60 158 60 164 196z",
            ),
            area("spark", box(142, 176, 30, 66, 14)),
            area("spark", box(308, 176, 30, 66, 14)),
        ),
    ),
    Part(
        "square glasses",
        (
            line(
                box(182, 187, 50, 42, 9)
                + box(248, 187, 50, 42, 9)
                + "M232 203H248M182 201L166 197M298 201L314 197"
            ),
        ),
    ),
    Part(
        "a lanyard with a card",
        (),
        (
            line("M200 348L240 404L280 348"),
            area("paper", box(214, 402, 52, 34, 6)),
            flat("spark", box(222, 410, 16, 18, 3)),
        ),
    ),
)
