package draw

import (
	"slices"
	"strings"
	"unicode"
)

// traits is what a prompt asks for, as far as this package can read.
type traits struct {
	setting string // a key of settings
	subject string // a key of subjects, "" for the setting alone
	has     map[string]bool
	moods   []string
	hues    []rgb
	count   int  // of the subject; 0 where the prompt does not say
	own     bool // the hues are the subject's, not the picture's
	hash    uint64
}

// lexicon maps the words people write to the things this package can draw.
var lexicon = invert(map[string]string{
	"mountain":  "mountain mountains mountainous alps alpine peak peaks summit everest fuji cliff cliffs canyon himalaya volcano glacier",
	"field":     "field fields meadow prairie hill hills hillside valley landscape countryside farm village lavender vineyard grass savanna park scenery nature",
	"desert":    "desert dune dunes sahara sand oasis egypt pyramid pyramids mars cactus",
	"sea":       "sea ocean beach coast island wave waves seaside tropical harbor harbour bay lagoon underwater surf",
	"forest":    "forest forests woods woodland jungle rainforest tree trees bamboo grove pine pines",
	"city":      "city street streets skyline town urban downtown skyscraper skyscrapers tokyo york paris london shop cafe alley cyberpunk metropolis market neon",
	"space":     "space planet planets galaxy galaxies nebula cosmos cosmic universe saturn jupiter astronaut orbit alien starship spaceship milky",
	"garden":    "flower flowers garden rose roses tulip tulips sunflower sunflowers bouquet blossom blossoms cherry sakura floral orchid lily daisy poppy wildflowers botanical",
	"table":     "food drink drinks cake coffee tea wine cocktail cocktails fruit fruits pizza burger bread kitchen juice sushi breakfast dessert chocolate lemonade beer cup mug bottle perfume pancakes syrup berries berry ramen noodles soup bowl plate apple lemon strawberry cheese honey pasta",
	"abstract":  "abstract pattern geometric shapes minimal minimalist fractal mandala bauhaus gradient texture wallpaper logo icon psychedelic",
	"lion":      "lion lions lioness cub leo",
	"tiger":     "tiger tigers",
	"cat":       "cat cats kitten kittens kitty leopard panther cheetah",
	"fox":       "fox foxes",
	"wolf":      "wolf wolves husky coyote",
	"dog":       "dog dogs puppy puppies corgi retriever labrador poodle bulldog animal animals pet pets",
	"bear":      "bear bears teddy koala",
	"panda":     "panda pandas",
	"rabbit":    "rabbit rabbits bunny hare",
	"owl":       "owl owls",
	"bird":      "bird birds eagle parrot robin raven crow hawk penguin hummingbird duck chicken rooster phoenix",
	"deer":      "deer stag reindeer elk moose fawn",
	"horse":     "horse horses pony unicorn unicorns zebra cow donkey",
	"monkey":    "monkey monkeys ape gorilla chimpanzee",
	"fish":      "fish whale whales dolphin dolphins shark turtle goldfish octopus jellyfish koi",
	"butterfly": "butterfly butterflies moth bee dragonfly fairy",
	"portrait":  "girl woman lady man boy person queen king princess prince warrior wizard witch samurai elf goddess selfie actor knight cowboy ballerina santa student",
	"people":    "people girls women men boys kids children friends family couple crowd dancing dancers team students lovers",
	"robot":     "robot robots android cyborg mecha droid bot",
	"car":       "car cars vehicle automobile truck bus taxi racing ferrari motorcycle van jeep",
	"house":     "house houses cottage cabin home hut barn villa bungalow room interior",
	"castle":    "castle castles palace fortress kingdom temple church cathedral mosque pagoda",
	"rocket":    "rocket rockets spacecraft shuttle ufo satellite",
	"boat":      "boat boats ship ships sail sailboat sailing yacht",
	"balloon":   "balloon balloons airship",
	"river":     "river rivers stream creek waterfall waterfalls",
	"lake":      "lake lakes pond reflection",
	"sun":       "sun sunny sunshine sunlight sunrise sunset",
	"moon":      "moon moonlight moonlit lunar eclipse",
	"stars":     "star stars starry constellation aurora northern",
	"cloud":     "cloud clouds cloudy fog foggy mist misty storm rain rainy",
	"snow":      "snow snowy winter icy frozen arctic christmas",
	"young":     "baby cute little tiny kitten puppy cub kawaii adorable chibi child kid",
	"sitter":    "portrait headshot face model hero baby child kid",
	"man":       "man men boy king prince wizard warrior knight cowboy samurai santa hero actor gentleman",
	"royal":     "queen king princess prince crown",
	"rainbow":   "rainbow rainbows",
	"unicorn":   "unicorn unicorns",
	"beacon":    "lighthouse lighthouses beacon",
	"whale":     "whale whales",
	"glass":     "drink drinks wine cocktail cocktails juice lemonade beer party",
})

var moodWords = invert(map[string]string{
	"night":  "night midnight dark moon moonlight moonlit stars starry galaxy space cosmic nebula nocturnal",
	"sunset": "sunset dusk evening golden sunrise dawn warm fire lava volcano autumn fall",
	"bright": "day bright sunny summer happy fun joyful cheerful playful beautiful colors colours colorful colourful vibrant vivid rainbow",
	"calm":   "calm serene peaceful quiet soft gentle minimal minimalist zen misty fog foggy pastel",
	"grim":   "gloomy horror scary haunted gothic storm stormy rain rainy noir moody dystopian apocalyptic",
	"cold":   "snow snowy winter ice icy frozen arctic cold glacier frost",
	"neon":   "neon cyberpunk futuristic synthwave vaporwave sci-fi scifi retrowave glowing",
	"sweet":  "cute kawaii adorable baby candy romantic love wedding spring blossom blossoms sakura pastel princess fairy",
	"old":    "vintage retro old antique classic sepia western rustic historic medieval",
})

var hueWords = map[string]rgb{
	"red": hex(0xd7263d), "crimson": hex(0xb3123b), "scarlet": hex(0xe03616), "orange": hex(0xf4801f),
	"yellow": hex(0xf6c90e), "gold": hex(0xd9a421), "golden": hex(0xd9a421), "green": hex(0x2f9e58),
	"emerald": hex(0x0f9d6b), "teal": hex(0x148f8b), "turquoise": hex(0x22b8b0), "cyan": hex(0x22c3e6),
	"blue": hex(0x2b67d1), "azure": hex(0x3a9bea), "indigo": hex(0x4338ca), "purple": hex(0x7b3fc4),
	"violet": hex(0x8a4fd8), "lavender": hex(0xa78bda), "magenta": hex(0xd6249f), "pink": hex(0xf27ea9),
	"brown": hex(0x8a5a34), "sepia": hex(0x9b7447), "black": hex(0x15151c), "white": hex(0xf7f4ee),
	"grey": hex(0x80848c), "gray": hex(0x80848c), "silver": hex(0xb7bec8),
}

func invert(groups map[string]string) map[string][]string {
	out := map[string][]string{}
	for name, words := range groups {
		for w := range strings.FieldsSeq(words) {
			out[w] = append(out[w], name)
		}
	}
	for _, names := range out {
		slices.Sort(names) // map order must not reach a picture
	}
	return out
}

// read finds the first setting and the first subject and collects the rest.
func read(prompt string) traits {
	t := traits{has: map[string]bool{}, hash: hash(prompt)}
	words := strings.FieldsFunc(strings.ToLower(prompt), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	count, since := 0, 0
	for i, w := range words {
		if n := amount(words[i:]); n > 0 {
			count, since = n, i
			continue
		}
		before := t.subject
		t.take(w)
		if before != "" || t.subject == "" {
			continue
		}
		if i-since <= reach {
			t.count = count
		}
		_, beast := beasts[t.subject]
		t.own = beast && i > 0 && len(t.hues) == 1 && hueWords[words[i-1]] == t.hues[0]
	}
	t.settle()
	return t
}

func (t *traits) take(word string) {
	if c, ok := hueWords[word]; ok {
		t.hues = append(t.hues, c)
	}
	for _, m := range moodWords[word] {
		if !t.has["mood "+m] {
			t.moods = append(t.moods, m)
		}
		t.has["mood "+m] = true
	}
	if lexicon[word] == nil {
		word = strings.TrimSuffix(word, "s")
	}
	for _, name := range lexicon[word] {
		t.has[name] = true
	}
	for _, name := range lexicon[word] {
		if settings[name] != nil && t.setting == "" {
			t.setting = name
		}
		if subjects[name] != nil && t.subject == "" {
			t.subject = name
		}
	}
}

// settle picks a setting where the prompt named none: what suits the subject,
// and else one by hash.
func (t *traits) settle() {
	if t.setting == "table" && (t.has["mountain"] || t.has["sea"] || t.has["forest"]) {
		t.setting = "sea"
		for _, s := range []string{"forest", "mountain"} {
			if t.has[s] {
				t.setting = s
			}
		}
	}
	if t.setting == "table" && t.subject == "people" {
		t.setting = "field"
	}
	if t.subject == "" && t.has["sitter"] {
		t.subject = "portrait"
	}
	if t.setting != "" {
		return
	}
	pick := func(names ...string) { t.setting = names[t.hash%uint64(len(names))] }
	switch {
	case t.subject == "fish" || t.subject == "boat" || t.has["beacon"]:
		pick("sea")
	case t.subject == "rocket":
		pick("space")
	case t.subject == "car":
		pick("city", "mountain", "desert")
	case t.subject == "house" || t.subject == "castle" || t.subject == "balloon" || t.subject == "people":
		pick("field", "mountain", "forest")
	case t.subject != "" && t.has["snow"]:
		pick("forest", "mountain", "field")
	case t.subject != "":
		pick("emblem")
	case t.has["river"] || t.has["lake"]:
		pick("mountain", "forest")
	case t.has["snow"] || t.has["cloud"]:
		pick("mountain", "forest")
	case t.has["moon"] || t.has["stars"]:
		pick("mountain", "sea", "field", "celestial")
	case t.has["sun"]:
		pick("sea", "mountain", "field", "desert")
	default:
		pick("abstract")
	}
}
