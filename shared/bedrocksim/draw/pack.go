package draw

import "slices"

// amounts are the words that say how many of a creature there are. More than five would be too small to see.
var amounts = map[string]int{
	"two": 2, "2": 2, "both": 2, "twin": 2, "three": 3, "3": 3, "trio": 3, "several": 3,
	"four": 4, "4": 4, "five": 5, "5": 5, "six": 5, "6": 5, "many": 5,
}

// reach is how many words after an amount the creature may come: two small red cats.
const reach = 3

// amount reads the number that begins a list of words. A couple is a number before "of" and else people.
func amount(words []string) int {
	if (words[0] == "couple" || words[0] == "pair") && len(words) > 1 && words[1] == "of" {
		return 2
	}
	return amounts[words[0]]
}

// pack draws several busts of one kind, each with its own shade: side by side with those at the ends
// behind, or, where the picture is tall, one below the other with the lowest in front.
func (s *stage) pack(b beast) {
	n := float64(s.count)
	size, order := min(s.u*0.3, s.w*0.56/n), inward(s.count)
	step, sway := vec{min(s.w*0.9/n/size, 2), 0}, vec{0, -0.12}
	if s.h > s.w*1.3 {
		slices.Sort(order)
		size = min(s.w*0.28, s.h*0.4/n)
		step, sway = vec{0, min(1.9, s.h*0.7/n/size)}, vec{0.5, 0}
	}
	if s.setting != "emblem" {
		s.disc(s.pen(s.w/2, s.h*0.5, size*1.4))
	}
	for _, i := range order {
		t, side := float64(i)-(n-1)/2, float64(1-2*(i%2))
		at := s.pen(s.w/2, s.h*0.54, size).move(t*step.x+side*sway.x, t*step.y+side*sway.y)
		own := b
		own.fur = b.fur.shift(s.dice.span(-14, 14), 1, s.dice.span(0.86, 1.1))
		s.bust(at.scale(0.94, 0.94).turn(s.dice.span(-0.1, 0.1)), own)
	}
}

// inward lists 0..n-1 from both ends to the middle.
func inward(n int) []int {
	var out []int
	for i := range n / 2 {
		out = append(out, i, n-1-i)
	}
	if n%2 == 1 {
		out = append(out, n/2)
	}
	return out
}
