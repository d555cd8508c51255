package prompt

import "easel/shared/request"

// A Reading is a value of a member that was taken for another: "Anime" for anime.
type Reading struct {
	Member string `json:"member"`
	From   string `json:"from"`
	To     string `json:"to"`
	Rows   int    `json:"rows"`
}

// readings gathers them in the order in which they come. Further ones than a person reads are counted alone.
type readings struct {
	all []Reading
}

func (r *readings) add(name, from, to string) {
	const most = 50
	from = request.Clip(from)
	for n := range r.all {
		if one := &r.all[n]; one.Member == name && one.From == from && one.To == to {
			one.Rows++
			return
		}
	}
	if len(r.all) < most {
		r.all = append(r.all, Reading{name, from, to, 1})
	}
}
