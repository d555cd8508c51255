package templatetest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// dig follows a path of names and numbers into a template and returns what is there, or nothing of that type.
func dig[T any](v any, path ...string) (found T) {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			v = at[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(at) {
				return found
			}
			v = at[n]
		default:
			return found
		}
	}
	found, _ = v.(T)
	return found
}

// get is dig below the properties of a resource, along a path with dots.
func (r resource) get(path string) any { return dig[any](r.properties, strings.Split(path, ".")...) }

func (r resource) text(path string) string {
	if v := r.get(path); v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

func (r resource) number(path string) float64 { return number(r.get(path)) }

// number reads what JSON or a parameter holds, and -1 where there is none.
func number(v any) float64 {
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil {
		return -1
	}
	return n
}

// words is a list of texts, or the one text that stands for a list.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, w := range v {
			all = append(all, fmt.Sprint(w))
		}
		return all
	}
	return nil
}

func anys(list []string) []any {
	var all []any
	for _, w := range list {
		all = append(all, w)
	}
	return all
}

// owner is the resource that a reference leads to.
func owner(reference string) string {
	id, _, _ := strings.Cut(reference, ".")
	return id
}

// put changes a template along a path with slashes; nil removes.
func put(template map[string]any, path string, value any) {
	steps := strings.Split(path, "/")
	last := steps[len(steps)-1]
	switch at := dig[any](template, steps[:len(steps)-1]...).(type) {
	case map[string]any:
		if value == nil {
			delete(at, last)
			return
		}
		at[last] = value
	case []any:
		n, err := strconv.Atoi(last)
		if err != nil {
			panic("no number in a list: " + path)
		}
		at[n] = value
	default:
		panic("nothing in the template at " + path)
	}
}

func clone(template map[string]any) (copied map[string]any) {
	text, err := json.Marshal(template)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	if err != nil {
		panic(err)
	}
	return copied
}
