package prompt

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"easel/shared/request"
)

// member is one name that a request may have, and how its cell is read: the value for JSON, or what is wrong. Metadata
// is none of them here: it has a column for each pair.
type member struct {
	name  string
	read  func(cell string) (value any, fault request.FieldError)
	raw   bool // JSON has it as it is sent
	named bool // a number will do in JSON: it is a name
}

// members are in the order in which they are told to people.
var members = []member{
	{name: "prompt", read: words},
	{name: "model", read: words},
	{name: "negative_prompt", read: words},
	{name: "aspect_ratio", read: ratio},
	{name: "seed", read: whole},
	{name: "style_preset", read: words},
	{name: "output_format", read: words},
	{name: "image", read: picture, raw: true},
	{name: "strength", read: fraction},
	{name: "parameters", read: object, raw: true},
	{name: "custom_id", read: words, named: true},
	{name: "user", read: words, named: true},
	{name: "deadline_seconds", read: whole},
	{name: "max_model_calls", read: whole},
	{name: "embed", read: words},
}

func memberNames() (names []string) {
	for _, m := range members {
		names = append(names, m.name)
	}
	return names
}

func words(cell string) (any, request.FieldError) { return cell, request.FieldError{} }

// clock is a ratio that a spreadsheet has taken for a time of day: 16:9 becomes 16:09 or 16:09:00.
var clock = regexp.MustCompile(`^0?(\d{1,2}):0?(\d{1,2})(?::00)?$`)

func ratio(cell string) (any, request.FieldError) {
	if m := clock.FindStringSubmatch(cell); m != nil {
		return m[1] + ":" + m[2], request.FieldError{}
	}
	return cell, request.FieldError{}
}

// grouping is one or a thousand, by who has written it.
var grouping = regexp.MustCompile(`^-?\d{1,3}\.000$`)

// whole takes 42.0 as well: programs write it for a whole number in a column that has empty cells. It does not take
// 1.000, which is one to some and a thousand to others, nor 4.29E+09, of which a spreadsheet has dropped digits.
func whole(cell string) (any, request.FieldError) {
	short := strings.ContainsAny(cell, "eE")
	if !short && !grouping.MatchString(cell) {
		if n, err := strconv.ParseInt(request.PlainNumber(cell), 10, 64); err == nil {
			return n, request.FieldError{}
		}
	}
	fault := request.Faulty("", "must be a whole number such as 7; the cell holds %s.", request.Quoted(cell))
	if short && strings.ContainsAny(cell, "0123456789") {
		fault.Detail += " Spreadsheets shorten long numbers like this: format the column as a whole number."
	}
	return nil, fault
}

// fraction takes a decimal comma. It cannot stand between thousands: nothing above 1 makes sense.
func fraction(cell string) (any, request.FieldError) {
	f, err := strconv.ParseFloat(strings.Replace(cell, ",", ".", 1), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, request.Faulty("", "must be a number from 0 to 1, such as 0.35; the cell holds %s.", request.Quoted(cell))
	}
	return f, request.FieldError{}
}

func object(cell string) (any, request.FieldError) {
	if !json.Valid([]byte(cell)) {
		return nil, request.Faulty("", `must be a JSON object such as {"steps": 30}; the cell is not JSON. Check that its quotes are straight ones.`)
	}
	return json.RawMessage(cell), request.FieldError{}
}

func picture(string) (any, request.FieldError) {
	return nil, request.Faulty("", "cannot stand in a CSV. Send rows with an image as NDJSON, the image in base64. "+
		"If the column is something else, say so: --column image=")
}
