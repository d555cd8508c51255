package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"easel/shared/template"
)

// lists reads the lists of a folder, as the dynamic-prompts extension keeps them: a .txt file for each, named after its
// path, and .yaml and .json files with many, named after the folder and their keys.
type lists struct {
	all   template.Lists
	files map[string]string // where each stands
}

func readLists(folder fs.FS) (template.Lists, error) {
	l := &lists{all: template.Lists{}, files: map[string]string{}}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		switch hidden := strings.HasPrefix(path.Base(name), ".") && name != "."; {
		case err != nil:
			return err
		case entry.IsDir() && hidden:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		return l.read(folder, name)
	})
	if err == nil && len(l.all) == 0 {
		err = errors.New("there is no .txt file with an entry a line in it, and no .yaml or .json file with lists by name")
	}
	return l.all, err
}

func (l *lists) read(folder fs.FS, name string) error {
	ext := path.Ext(name)
	if !slices.Contains([]string{".txt", ".yaml", ".yml", ".json"}, ext) {
		return nil
	}
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return err
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if ext == ".txt" {
		entries, err := entriesOf(data)
		if err != nil {
			return fmt.Errorf("%s, %w", name, err)
		}
		return l.add(strings.TrimSuffix(name, ext), entries, name)
	}
	var value any
	if ext == ".json" {
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		err = d.Decode(&value)
	} else {
		value, err = readYAML(data)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w. An entry with braces needs quotes around it", name, err)
	}
	return l.structured(strings.TrimSuffix(name, ext), strings.TrimPrefix(path.Dir(name)+"/", "./"), value, name)
}

// add refuses a second list of a name: one of them would be lost.
func (l *lists) add(list string, entries []string, file string) error {
	if other, twice := l.files[list]; twice {
		return fmt.Errorf("the list %s is in %s and in %s: rename one of them", list, other, file)
	}
	l.all[list], l.files[list] = entries, file
	return nil
}

// structured takes lists by name: below a key the name goes on behind a slash. A file that is a list has its own name.
func (l *lists) structured(list, below string, value any, file string) error {
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			if err := l.structured(below+key, below+key+"/", inner, file); err != nil {
				return err
			}
		}
		return nil
	case []any:
		entries := []string{}
		for _, entry := range value {
			text, err := entryOf(entry)
			if err != nil {
				return fmt.Errorf("%s, list %s: %w", file, list, err)
			}
			if text != "" {
				entries = append(entries, text)
			}
		}
		return l.add(list, entries, file)
	case nil:
		return nil
	default:
		return l.add(list, []string{strings.TrimSpace(fmt.Sprint(value))}, file)
	}
}

// entryOf is a text, or one with its weight.
func entryOf(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case []any:
		return "", errors.New("an entry is a list itself: give it a name of its own")
	case map[string]any:
		text := value["text"]
		if text == nil {
			text = value["content"]
		}
		if text == nil {
			return "", errors.New(`an entry has no text: write {"text": "a fox", "weight": 2}, and quotes around an entry with braces or a colon`)
		}
		if weight := value["weight"]; weight != nil {
			return fmt.Sprintf("%v::%v", weight, text), nil
		}
		return fmt.Sprint(text), nil
	}
	return strings.TrimSpace(fmt.Sprint(value)), nil
}

// readYAML keeps scalars as they are written: a year stays one, and yes is a word.
func readYAML(data []byte) (any, error) {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, err
	}
	budget := template.MaxEntries * 100
	return plainYAML(&n, &budget)
}

// plainYAML spends a budget: anchors that name each other many times over unfold to more than memory holds.
func plainYAML(n *yaml.Node, budget *int) (any, error) {
	if *budget--; *budget < 0 {
		return nil, errors.New("it unfolds to too many entries")
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return plainYAML(n.Alias, budget)
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil, nil
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	}
	list := make([]any, len(n.Content))
	for i, child := range n.Content {
		var err error
		if list[i], err = plainYAML(child, budget); err != nil {
			return nil, err
		}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return list[0], nil
	case yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i+1 < len(list); i += 2 {
			all[n.Content[i].Value] = list[i+1]
		}
		return all, nil
	}
	return list, nil
}

// remark is a comment behind an entry. A number sign without a blank on both sides is none: C# minor, team #1.
var remark = regexp.MustCompile(`\s#(?:\s.*)?$`)

// entriesOf reads an entry a line. A line that begins with # is a comment.
func entriesOf(data []byte) (entries []string, err error) {
	entries = []string{}
	in := bufio.NewScanner(bytes.NewReader(data))
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("line %d is not UTF-8: save the file as UTF-8", n)
		}
		if text = strings.TrimSpace(remark.ReplaceAllString(text, "")); text != "" && !strings.HasPrefix(text, "#") {
			entries = append(entries, text)
		}
	}
	if err := in.Err(); err != nil {
		return nil, fmt.Errorf("one line is too long: %w", err)
	}
	return entries, nil
}
