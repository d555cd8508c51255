package prompt

import (
	"slices"
	"strconv"
	"strings"

	"easel/shared/model"
	"easel/shared/request"
	"easel/shared/spelling"
)

// Foreign is what the prompts of a file hold of the ways of other programs and of lists, so far.
type Foreign struct {
	Options Mark // such as --ar 16:9
	Lists   Mark // numbers and bullets before a prompt, in a text
	Quotes  Mark // around a prompt
	Names   []string
	Left    []string // of Names: those that no model here has, or not with that value
}

// Mark counts rows that have something, and tells the line of the first.
type Mark struct{ Rows, Line int }

// Add counts a row.
func (m *Mark) Add(line int) {
	if m.Rows++; m.Rows == 1 {
		m.Line = line
	}
}

// Foreign returns what was found of other programs. With [Options].ReadOptions it was read and taken off the prompts, and
// else it is a part of them.
func (r *Reader) Foreign() Foreign { return r.foreign }

// nowhere marks an option that says something about a picture, and that no request has a member for.
const nowhere = "-"

// optionsOf are the options of other programs by their names without dashes, and the member that they stand for. What is
// not among them are words: a prompt may hold two dashes.
var optionsOf = map[string]string{
	"prompt": "prompt", "negative_prompt": "negative_prompt", "negative": "negative_prompt", "neg": "negative_prompt", "no": "negative_prompt",
	"ar": "aspect_ratio", "aspect": "aspect_ratio", "aspect_ratio": "aspect_ratio", "seed": "seed", "style": "style_preset", "style_preset": "style_preset",
	"width": "width", "height": "height", "w": "width", "h": "height",
}

func init() {
	for name := range strings.FieldsSeq(`v version niji stylize s chaos c quality q iw weird tile stop repeat r sref cref oref sw cw ow fast relax turbo
		hd raw profile p draft exp motion bs uplight upbeta test testp creative video steps cfg_scale cfg sampler sampler_name sampler_index scheduler
		batch_size n_iter n subseed subseed_strength seed_resize_from_h seed_resize_from_w restore_faces tiling do_not_save_samples
		do_not_save_grid outpath_samples outpath_grid prompt_for_display styles sd_model hr_scale denoising_strength lora`) {
		optionsOf[name] = nowhere
	}
}

// shorts are the options of one letter, as InvokeAI has them.
var shorts = map[string]string{"S": "seed", "W": "width", "H": "height", "n": nowhere, "s": nowhere, "C": nowhere, "A": nowhere, "G": nowhere, "U": nowhere, "f": nowhere}

var (
	// optionMark begins one. Programs that correct what people type make a long dash of two.
	optionMark = pattern(`(?:^|\s)(?:(?:--|[—–])([A-Za-z][A-Za-z_-]*)(=|\s|$)|-(?:([nSsWHCGUf])\s?(-?\d)|(A)\s?([a-z])))`)
	// listing is a number or a bullet before a prompt.
	listing = pattern(`^(?:\d{1,4}[.)]|[-*•‣▪·–])\s+(\S)`)
	// quotedValue is what an option says in quotes, as a shell has them.
	quotedValue = pattern(`^(?:"((?:[^"\\]|\\.)*)"|'([^']*)')(?:\s|$)`)
	// quotation are quotes around all of a prompt, perhaps with the comma of a list.
	quotation = pattern("^(?:\"([^\"]+)\"|“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|'([^']+)'|`([^`]+)`)[,;]?$")
)

// foreignOption is an option in a prompt.
type foreignOption struct {
	name, member string
	begin, value int // where it begins, and where what it says does
}

// optionsIn finds the options of a prompt, in their order.
func optionsIn(text string) (all []foreignOption) {
	for at := 0; at < len(text); {
		m := optionMark().FindStringSubmatchIndex(text[at:])
		if m == nil {
			return all
		}
		group := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return text[at+m[2*n] : at+m[2*n+1]]
		}
		f := foreignOption{begin: at + m[0], value: at + m[1]}
		switch letter := group(3) + group(5); {
		case letter != "":
			f.name, f.member, f.value = "-"+letter, shorts[letter], at+max(m[8], m[12])
		default:
			f.name = "--" + group(1)
			f.member, f.value = optionsOf[strings.ReplaceAll(strings.ToLower(group(1)), "-", "_")], at+m[4]
		}
		if f.member != "" {
			all = append(all, f)
		}
		at = max(at+m[0]+1, f.value)
	}
	return all
}

// said takes what an option says off the text behind it: a text to the next option, of others the first word. The rest
// belongs to the prompt.
func (f foreignOption) said(text string) (value, rest string) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "="))
	if m := quotedValue().FindStringSubmatch(text); m != nil {
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(m[1] + m[2]), strings.TrimSpace(text[len(m[0]):])
	}
	if f.member == "prompt" || f.member == "negative_prompt" {
		return text, ""
	}
	value, rest, _ = strings.Cut(text, " ")
	return value, strings.TrimSpace(rest)
}

// foreignIn notes what a row has of other programs, and reads it if that was asked for.
func (r *Reader) foreignIn(row *Row) error {
	text := strings.TrimSpace(row.Request.Prompt)
	if m := listing().FindStringSubmatchIndex(text); m != nil && r.taken.Format == Text {
		r.foreign.Lists.Add(row.Line)
		text = text[m[2]:]
	}
	if m := quotation().FindStringSubmatch(text); m != nil {
		r.foreign.Quotes.Add(row.Line)
		text = strings.TrimSpace(strings.Join(m[1:], ""))
	}
	all := optionsIn(text)
	if len(all) > 0 {
		r.foreign.Options.Add(row.Line)
	}
	for _, f := range all {
		r.foreign.Names = once(r.foreign.Names, f.name, mostNames)
	}
	if !r.options || text == "" {
		return nil
	}
	return r.take(row, text, all)
}

// take writes what the options of a prompt say into the members of its row.
func (r *Reader) take(row *Row, text string, all []foreignOption) error {
	texts, said, sides := []string{}, map[string]string{}, map[string]string{}
	if end := append(all, foreignOption{begin: len(text)})[0].begin; strings.TrimSpace(text[:end]) != "" {
		texts = append(texts, strings.TrimSpace(text[:end]))
	}
	for n, f := range all {
		end := append(all[n+1:len(all):len(all)], foreignOption{begin: len(text)})[0].begin
		value, rest := f.said(text[f.value:max(end, f.value)])
		if rest != "" {
			texts = append(texts, rest)
		}
		switch value = plainly(f.member, value); {
		case f.member == "prompt":
			texts = append(texts, value)
		case f.member == "width", f.member == "height":
			sides[f.member] = value
		case f.member == nowhere, value == "":
			r.foreign.Left = once(r.foreign.Left, f.name, mostNames)
		default:
			said[f.member] = value
		}
	}
	if aspect := spelling.Meant("aspect_ratio", sides["width"]+"x"+sides["height"]); strings.Contains(aspect, ":") && said["aspect_ratio"] == "" {
		said["aspect_ratio"] = aspect
	} else if len(sides) > 0 {
		r.foreign.Left = once(r.foreign.Left, "width and height", mostNames)
	}
	row.Request.Prompt = strings.Join(texts, " ")
	return r.fill(row, said)
}

// plainly reads the value of an option, and returns nothing for one that says nothing here.
func plainly(name, value string) string {
	meant := spelling.Meant(name, value)
	switch {
	case name == "style_preset" && !slices.Contains(model.Styles(), meant), name == "seed" && meant == "-1":
		return ""
	}
	return meant
}

// fill gives a row what its options say. Where the row says something else itself, one of them has to go.
func (r *Reader) fill(row *Row, said map[string]string) error {
	q := &row.Request
	var faults []request.FieldError
	for name, into := range map[string]*string{"negative_prompt": &q.NegativePrompt, "aspect_ratio": &q.AspectRatio, "style_preset": &q.StylePreset} {
		value := said[name]
		if value != "" && *into != "" && *into != value {
			faults = append(faults, request.Faulty(r.Place("/"+name), "%s is said in the row and, otherwise, among the options of the prompt; keep one of them.", name))
		} else if value != "" {
			*into = value
		}
	}
	if text, there := said["seed"]; there {
		seed, err := strconv.ParseInt(request.PlainNumber(text), 10, 64)
		switch {
		case err != nil:
			faults = append(faults, request.Faulty("/prompt", "the option for the seed says %s; a seed is a whole number such as 7.", request.Quoted(text)))
		case q.Seed != nil && *q.Seed != seed:
			faults = append(faults, request.Faulty(r.Place("/seed"), "seed is said in the row and, otherwise, among the options of the prompt; keep one of them."))
		default:
			q.Seed = &seed
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &LineError{Line: row.Line, Fields: faults, Detail: faults[0].Detail}
}

// mostNames bounds a list of names that a person reads.
const mostNames = 20

// once adds a name to a list, once, unless there are enough of them.
func once(names []string, name string, most int) []string {
	if slices.Contains(names, name) || len(names) == most {
		return names
	}
	return append(names, name)
}
