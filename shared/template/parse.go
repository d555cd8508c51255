package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"easel/shared/request"
)

const (
	escapable  = `{}|$_\%~@!: ` // what a backslash makes plain
	maxPattern = 200            // bytes of a list's name where a template gives it
	special    = `\{}|$%_`      // what may mean something in the middle of a text
)

// How braces and alternatives begin.
var (
	bounds  = regexp.MustCompile(`^(\d{0,9})(-?)(\d{0,9})\$\$`)
	weights = regexp.MustCompile(`^(\d+\.?\d*|\.\d+)::`)
)

// parser reads one template from left to right.
type parser struct {
	text    string
	at      int
	depth   int
	columns map[string]mention
}

func (p *parser) rest() string          { return p.text[p.at:] }
func (p *parser) sees(sign string) bool { return strings.HasPrefix(p.rest(), sign) }

func (p *parser) fail(at int, format string, args ...any) error {
	return &SyntaxError{Offset: at, Detail: fmt.Sprintf(format, args...)}
}

func (p *parser) whole() (parts, error) {
	if len(p.text) > MaxBytes {
		return nil, p.fail(MaxBytes, "The template has %d bytes; at most %d are allowed. Shorten it, or move alternatives into a list.", len(p.text), MaxBytes)
	}
	return p.parts(false)
}

// parts reads to the end, or inside braces to the end of the alternative.
func (p *parser) parts(inside bool) (parts, error) {
	var all parts
	for p.at < len(p.text) && (!inside || !p.sees("|") && !p.sees("}")) {
		one, err := p.part(inside)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (p *parser) part(inside bool) (part, error) {
	name, length := column(p.rest())
	_, behind := column(p.text[min(p.at+1, len(p.text)):])
	switch {
	case p.sees(`\`):
		return p.escape(), nil
	case length > 0:
		return p.column(name, length)
	case p.sees("{"):
		return p.braces()
	case p.sees("__"):
		return p.list()
	case p.sees("}"):
		return nil, p.fail(p.at, `This } closes nothing. Put a backslash before a brace that is meant as it is: \}.`)
	case p.sees("${") && behind == 0:
		return nil, p.fail(p.at, `Variables, ${...}, are not supported. Put a backslash before a dollar sign that is meant as it is: \$.`)
	case p.sees("%{") && behind == 0:
		return nil, p.fail(p.at, `Wraps, %%{...}, are not supported. Put a backslash before a percent sign that is meant as it is: \%%.`)
	case inside && p.sees("$$"):
		return nil, p.fail(p.at, `$$ stands after a number right behind {, as in {2$$a|b} or {1-2$$ and $$a|b}. Put a backslash before a dollar sign that is meant as it is: \$.`)
	}
	return p.plain(), nil
}

// plain reads up to the next sign, and at least one byte: that one was found to mean nothing.
func (p *parser) plain() part {
	n := strings.IndexAny(p.text[p.at+1:], special) + 1
	if n == 0 {
		n = len(p.rest())
	}
	p.at += n
	return verbatim(p.text[p.at-n : p.at])
}

// escape reads a backslash, which is one itself unless something stands behind it that could mean more than itself.
func (p *parser) escape() verbatim {
	n := 1
	if p.at+1 < len(p.text) && strings.IndexByte(escapable, p.text[p.at+1]) >= 0 {
		n = 2
	}
	p.at += n
	return verbatim(p.text[p.at-1 : p.at])
}

// column returns what {{name}} at the beginning of a text names, and how long it is. Other double braces are two pairs.
func column(text string) (name string, length int) {
	inner, found := strings.CutPrefix(text, "{{")
	if !found {
		return "", 0
	}
	end := strings.IndexAny(inner, "{}|\r\n")
	if end < 0 || !strings.HasPrefix(inner[end:], "}}") || strings.Contains(inner[:end], "$$") {
		return "", 0
	}
	return strings.ToLower(strings.TrimSpace(inner[:end])), end + 4
}

func (p *parser) column(name string, length int) (part, error) {
	if name == "" {
		return nil, p.fail(p.at, `{{}} names no column. Write {{title}}, or put a backslash before braces that are meant as they are: \{.`)
	}
	if _, twice := p.columns[name]; !twice {
		p.columns[name] = mention{p.at, strings.TrimSpace(p.text[p.at+2 : p.at+length-2])}
	}
	p.at += length
	return insert(name), nil
}

func (p *parser) list() (part, error) {
	begin := p.at
	name, _, closed := strings.Cut(p.text[begin+2:], "__")
	switch wrong := strings.IndexAny(name, "\\{}|$()#\r\n"); {
	case closed && wrong > 0 && name[wrong] == '(':
		return nil, p.fail(begin+2+wrong, "Parameters of a list, __%s(...)__, are not supported. Give the list alone.", request.Clip(name[:wrong]))
	case len(name) > maxPattern && closed && wrong < 0:
		return nil, p.fail(begin, "The name of this list has %d bytes; at most %d are allowed. Shorten it, or put a backslash before underscores that are meant as they are: \\_\\_.", len(name), maxPattern)
	case !closed || name == "" || wrong >= 0:
		return nil, p.fail(begin, `Two underscores begin the name of a list, as in __colors__, and here it has no end. Put a backslash before underscores that are meant as they are: \_\_.`)
	case name[0] == '~' || name[0] == '@':
		return nil, p.fail(begin+2, "The sampler %c is not supported. Take it out; mode random picks by chance.", name[0])
	}
	p.at += len(name) + 4
	return &listed{name: strings.TrimPrefix(name, "!"), at: begin}, nil
}

// braces reads {...}.
func (p *parser) braces() (part, error) {
	begin := p.at
	if p.depth++; p.depth > MaxDepth {
		return nil, p.fail(begin, "Braces are nested more than %d deep. Move the inner ones into a list.", MaxDepth)
	}
	defer func() { p.depth-- }()
	p.at++
	a := &alternatives{}
	if err := p.opening(a); err != nil {
		return nil, err
	}
	for closed := false; !closed; p.at++ {
		p.blanks()
		one := alternative{weight: p.weight()}
		var err error
		if one.parts, err = p.parts(true); err != nil {
			return nil, err
		}
		a.options = append(a.options, one)
		if p.at == len(p.text) {
			return nil, p.fail(begin, `This { is never closed. Add a }, or put a backslash before a brace that is meant as it is: \{.`)
		}
		closed = p.sees("}")
	}
	if a.upper == unbounded {
		a.upper = len(a.options)
	}
	a.lower, a.upper = min(a.lower, a.upper), max(a.lower, a.upper)
	return a, nil
}

// unbounded is the upper bound of {1-$$...} until its alternatives are known.
const unbounded = -1

// opening reads what may stand before the first alternative: a sampler, how many to take, and the joiner.
func (p *parser) opening(a *alternatives) error {
	p.blanks()
	switch {
	case p.sees("~") || p.sees("@"):
		return p.fail(p.at, `The sampler %c is not supported. Take it out, or put a backslash before a sign that is meant as it is: \%c.`, p.text[p.at], p.text[p.at])
	case p.sees("!"):
		p.at++
		p.blanks()
	}
	a.lower, a.upper = 1, 1
	m := bounds.FindStringSubmatch(p.rest())
	if m == nil || m[1] == "" && m[3] == "" {
		return nil
	}
	p.at += len(m[0])
	a.joiner = p.joiner()
	low, _ := strconv.Atoi(m[1])
	high, _ := strconv.Atoi(m[3])
	switch {
	case m[2] == "":
		a.lower, a.upper = low, low
	case m[1] == "":
		a.upper = high
	case m[3] == "":
		a.lower, a.upper = low, unbounded
	default:
		a.lower, a.upper = low, high
	}
	return nil
}

// joiner reads up to the second $$, if there is one before anything that no joiner holds.
func (p *parser) joiner() string {
	begin := p.at
	var own strings.Builder
	for p.at < len(p.text) && !p.sees("{") && !p.sees("}") {
		switch {
		case p.sees("$$"):
			p.at += 2
			return own.String()
		case p.sees("$"):
			p.at = len(p.text)
		case p.sees(`\`):
			own.WriteString(string(p.escape()))
		default:
			own.WriteByte(p.text[p.at])
			p.at++
		}
	}
	p.at = begin
	return ","
}

func (p *parser) blanks() { p.at = len(p.text) - len(strings.TrimLeft(p.rest(), " \t\r\n")) }

// weight reads 2:: or 0.5::, and no more than a billion, so that a sum of weights stays a number.
func (p *parser) weight() float64 {
	m := weights.FindStringSubmatch(p.rest())
	if m == nil {
		return 1
	}
	p.at += len(m[0])
	w, _ := strconv.ParseFloat(m[1], 64)
	return min(w, 1e9)
}
