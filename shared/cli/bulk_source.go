package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/text/encoding/htmlindex"

	"easel/shared/bulk"
	"easel/shared/model"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

// rowFlags say how a file is read, and what its rows become.
type rowFlags struct {
	defaults  request.Request
	format    string // of the file
	encoding  string
	separator string
	columns   []string
	options   bool // of other programs are read
	most      int64
	calls     int

	template  bool
	random    int
	seed      int64
	runs      int
	wildcards string // folder
	matrix    []string
	expand    *template.Expand
	said      string // the flags that multiply, as they were given
}

func (r *rowFlags) flags(cmd *cobra.Command) {
	f, d := cmd.Flags(), &r.defaults
	f.StringVar(&d.Model, "model", "", "`MODEL` of rows that name none: core, sd35 or ultra")
	f.StringVar(&d.StylePreset, "style", "", "`STYLE` preset of rows that name none")
	f.StringVar(&d.AspectRatio, "aspect", "", "aspect `RATIO` of rows that name none, such as 16:9")
	f.StringVar(&d.NegativePrompt, "negative", "", "what pictures must not show, as `TEXT`, for rows that do not say")
	f.StringVar(&d.OutputFormat, "format", "", "`FORMAT` of pictures, for rows that do not say: png, jpeg or webp")
	f.IntVar(&r.calls, "max-calls", request.DefaultMaxCalls, "take, and pay for, `N` model calls a row at most, where the fate of one is unknown: 1 to 5")
	f.StringVar(&r.format, "file-format", "", "`FORMAT` of the file: csv, ndjson or text, where the first line and the name of the file say another")
	f.StringVar(&r.encoding, "encoding", "", "`ENCODING` of the file, such as windows-1252 (default: UTF-8)")
	f.StringVar(&r.separator, "separator", "", "`CHARACTER` between the columns of a CSV, or tab (default: found by itself)")
	f.StringArrayVar(&r.columns, "column", nil, "`MEMBER=HEADER`, such as prompt=Title: which column of a CSV, or member of JSON objects, is meant, or member= for none; may be repeated")
	f.BoolVar(&r.options, "read-options", false, "read options of other programs in prompts (--ar 16:9, --no people, --seed 5), and take off numbers of lists and quotes")
	f.BoolVar(&r.template, "template", false, "prompts are templates: {a|b}, {2$$a|b|c}, __list__, {{column}}; all combinations are made")
	f.IntVar(&r.random, "random", 0, "of each template `N` at random instead of all")
	f.Int64Var(&r.seed, "seed", 0, "the number `N` makes --random choose the same again")
	f.IntVar(&r.runs, "runs", 1, "make each row `N` times, with another seed each time")
	f.StringVar(&r.wildcards, "wildcards", "", "`DIR` with lists for __list__: a .txt file for each, an entry a line, or .yaml and .json files with lists by name")
	f.StringArrayVar(&r.matrix, "matrix", nil, "`MEMBER=A,B`: each row once for each value of model, style_preset, aspect_ratio or seed; may be repeated")
	f.Int64Var(&r.most, "max-rows", bulk.MostRows, "let the file come to `N` pictures at most")
	complete(cmd, map[string][]string{
		"model": model.Aliases(), "style": model.Styles(), "aspect": model.Current()[0].AspectRatios, "format": {"png", "jpeg", "webp"},
		"file-format": {"csv", "ndjson", "text"}, "separator": {",", ";", "tab"},
	})
}

func (r *rowFlags) check(cmd *cobra.Command) (err error) {
	r.format, r.separator = cmp.Or(formats[strings.ToLower(r.format)], r.format), cmp.Or(separators[strings.ToLower(r.separator)], r.separator)
	changed := cmd.Flags().Changed
	switch {
	case r.format != "" && r.format != "csv" && r.format != "ndjson" && r.format != "text":
		return usage(cmd, "--file-format %q is none: use csv, ndjson or text", r.format)
	case r.separator != "" && utf8.RuneCountInString(r.separator) != 1:
		return usage(cmd, "--separator %q is no character: give one, such as ';', or tab", r.separator)
	case r.most < 1:
		return usage(cmd, "--max-rows %d allows nothing: give 1 or more", r.most)
	case r.calls < 1 || r.calls > request.MaxCalls:
		return usage(cmd, "--max-calls %d is not possible: give 1 to %d", r.calls, request.MaxCalls)
	case r.runs < 1:
		return usage(cmd, "--runs %d makes nothing: give 1 or more", r.runs)
	case changed("random") && r.random < 1:
		return usage(cmd, "--random %d makes nothing: give 1 or more", r.random)
	case changed("random") && !r.template, r.wildcards != "" && !r.template:
		return usage(cmd, "--random and --wildcards are for templates: add --template, so that {a|b} and __list__ in a prompt are more than text")
	case changed("seed") && !changed("random"):
		return usage(cmd, "--seed makes --random repeatable: add --random N. The seeds of pictures are a column of the file, or --matrix seed=1,2,3")
	}
	for _, pair := range r.columns {
		if member, _, ok := strings.Cut(pair, "="); !ok || member == "" {
			return usage(cmd, "--column %q: give member=header, such as --column prompt=Title, or member= if no column holds it", pair)
		}
	}
	if changed("max-calls") {
		r.defaults.MaxModelCalls = &r.calls
	}
	r.expand, err = r.expansion(cmd)
	r.said = multiplying(cmd)
	return err
}

// multiplying are the flags by which one row becomes many, as they were given.
func multiplying(cmd *cobra.Command) string {
	var given []string
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch values, many := f.Value.(pflag.SliceValue); {
		case !slices.Contains([]string{"template", "random", "seed", "runs", "wildcards", "matrix"}, f.Name):
		case f.Name == "template":
			given = append(given, "--template")
		case many:
			for _, value := range values.GetSlice() {
				given = append(given, "--"+f.Name+" "+quote(value))
			}
		default:
			given = append(given, "--"+f.Name+" "+quote(f.Value.String()))
		}
	})
	return strings.Join(given, " ")
}

// expansion is how the flags multiply a row; nil: they do not.
func (r *rowFlags) expansion(cmd *cobra.Command) (*template.Expand, error) {
	if !r.template && r.runs == 1 && len(r.matrix) == 0 {
		return nil, nil
	}
	e := &template.Expand{Plain: !r.template, Runs: r.runs}
	if r.random > 0 {
		e.Mode, e.Picks, e.Seed = template.ModeRandom, r.random, r.seed
	}
	for _, pair := range r.matrix {
		if err := r.cross(cmd, pair, &e.Matrix); err != nil {
			return nil, err
		}
	}
	if r.wildcards != "" {
		var err error
		if e.Lists, err = readLists(os.DirFS(r.wildcards)); err != nil {
			return nil, fmt.Errorf("read the lists in %s: %w", r.wildcards, err)
		}
	}
	if err := e.Check(); err != nil {
		return nil, usage(cmd, "%s", err)
	}
	return e, nil
}

// cross adds the values of one --matrix.
func (r *rowFlags) cross(cmd *cobra.Command, pair string, into *template.Matrix) error {
	member, values, ok := strings.Cut(pair, "=")
	if !ok || member == "" || values == "" {
		return usage(cmd, "--matrix %q: give member=a,b, such as --matrix model=core,ultra", pair)
	}
	member = matrixName(member)
	if r.fixed(member) {
		return usage(cmd, "--matrix %s gives every row its own: leave out the flag for rows that name none", pair)
	}
	if !slices.Contains([]string{"model", "style_preset", "aspect_ratio", "seed"}, member) {
		return usage(cmd, "--matrix %s is none: use model, style, aspect or seed", member)
	}
	for value := range strings.SplitSeq(values, ",") {
		if err := into.Add(member, strings.TrimSpace(value)); err != nil {
			return usage(cmd, "--matrix: %s", err)
		}
	}
	return nil
}

// fixed reports whether a flag gives rows a member that a matrix gives all of them.
func (r *rowFlags) fixed(member string) bool {
	d := r.defaults
	return map[string]string{"model": d.Model, "style_preset": d.StylePreset, "aspect_ratio": d.AspectRatio}[member] != ""
}

// matrixName takes the names of flags for the members they stand for.
func matrixName(name string) string {
	name = strings.ToLower(name)
	switch name {
	case "style":
		return "style_preset"
	case "aspect":
		return "aspect_ratio"
	}
	return strings.ReplaceAll(name, "-", "_")
}

// open opens the file of rows.
func (r *rowFlags) open(ctx context.Context, a *app, file string) (*bulk.Source, io.Closer, error) {
	s := &bulk.Source{
		Name: "standard input", Defaults: r.defaults, Expand: r.expand, ExpandedBy: r.said, Most: r.most,
		Options: prompt.Options{
			Format: prompt.Format(r.format), Encoding: r.encoding, Lookup: htmlindex.Get, Columns: r.headers(), Comma: r.comma(),
			ReadOptions: r.options,
		},
	}
	if file == "-" {
		in := typed(ctx, a.in)
		s.In = in
		return s, in, nil
	}
	s.Options.Likely = prompt.FormatOf(file)
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read the rows: %w", err)
	}
	s.Name, s.In = filepath.Base(file), f
	return s, f, nil
}

// typed reads on until the end or an interruption: a read from a terminal blocks while a person types.
func typed(ctx context.Context, in io.Reader) *io.PipeReader {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) }) // it always works
	go func() {
		_, err := io.Copy(w, in)
		_ = w.CloseWithError(err) // it always works
	}()
	return r
}

func (r *rowFlags) headers() map[string]string {
	if len(r.columns) == 0 {
		return nil
	}
	all := map[string]string{}
	for _, pair := range r.columns {
		member, header, _ := strings.Cut(pair, "=")
		all[matrixName(member)] = header
	}
	return all
}

func (r *rowFlags) comma() rune {
	if r.separator == "" {
		return 0
	}
	c, _ := utf8.DecodeRuneInString(r.separator)
	return c
}

// formats and separators are what people call those that there are.
var (
	formats = map[string]string{
		"csv": "csv", "tsv": "csv", "ndjson": "ndjson", "jsonl": "ndjson", "json": "ndjson", "text": "text", "txt": "text",
	}
	separators = map[string]string{"tab": "\t", `\t`: "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
)
