package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"easel/shared/api"
	"easel/shared/model"
	"easel/shared/picture"
	"easel/shared/request"
	"easel/shared/upright"
)

// order is what the flags of submit and again say about a picture.
type order struct {
	request  api.JobRequest
	seed     string
	strength float64
	image    string // file
	meta     []string
	params   []string
	deadline time.Duration
	calls    int
	key      string
	notes    []string // of what was done to images
}

func (o *order) flags(cmd *cobra.Command) {
	f, r := cmd.Flags(), &o.request
	f.StringVar(&r.Model, "model", "", "`MODEL` to use: core, sd35 or ultra (see: easel models)")
	f.StringVar(&r.StylePreset, "style", "", "`STYLE` preset, such as anime or photographic")
	f.StringVar(&r.AspectRatio, "aspect", "", "aspect `RATIO`, such as 16:9")
	f.StringVar(&o.seed, "seed", "", "draw from the number `N`: simulated pictures come out the same again, real ones mostly; 0 or new draws one")
	f.StringVar(&r.NegativePrompt, "negative", "", "what the picture must not show, as `TEXT`")
	f.StringVar(&r.OutputFormat, "format", "", "`FORMAT` of the picture: png, jpeg or webp, as far as the model makes it")
	f.StringVar(&o.image, "image", "", "`FILE` with the image to start from, for sd35 (PNG, JPEG or WebP, at most 3 MB)")
	f.Float64Var(&o.strength, "strength", 0, "how far to go from the image: `N` from 0, which keeps it, to 1, which ignores it")
	f.StringVar(&r.CustomID, "custom-id", "", "your own `NAME` for the picture; files are named after it")
	f.StringVar(&r.User, "user", "", "`NAME` of the user for whom the picture is made, in your own words")
	f.StringArrayVar(&o.params, "param", nil, "`KEY=VALUE` of a model's own setting, such as steps=40; may be repeated")
	f.StringArrayVar(&o.meta, "meta", nil, "`KEY=VALUE` to keep with the job; may be repeated")
	f.DurationVar(&o.deadline, "deadline", 0, "`TIME` after which the job fails instead of waiting on, such as 10m")
	f.IntVar(&o.calls, "max-calls", 0, "pay for `N` model calls at most, if the fate of one is unknown: 1 to 5")
	f.StringVar(&r.Embed, "embed", "", "write `WHAT` into the picture: all (prompt and settings) or none")
	f.StringVar(&o.key, "key", "", "idempotency `KEY`: the same order under the same key is made once")
	complete(cmd, map[string][]string{
		"model": model.Aliases(), "style": model.Styles(), "format": {"png", "jpeg", "webp"}, "embed": {request.EmbedAll, request.EmbedNone},
		"aspect": model.Current()[0].AspectRatios,
	})
}

// fill turns the flags that were given into members of the request.
func (o *order) fill(cmd *cobra.Command, a *app) error {
	f, r := cmd.Flags(), &o.request
	a.meanAll(&r.Settings)
	a.mean("--embed", "embed", &r.Embed)
	if f.Changed("strength") {
		r.Strength = &o.strength
	}
	if f.Changed("max-calls") {
		r.MaxModelCalls = &o.calls
	}
	if err := o.fillSeed(cmd, f); err != nil {
		return err
	}
	if f.Changed("deadline") {
		if o.deadline <= 0 {
			return usage(cmd, "--deadline %s has passed already: give a time like 90s, 10m or 2h", o.deadline)
		}
		seconds := int(math.Ceil(o.deadline.Seconds()))
		r.DeadlineSeconds = &seconds
	}
	for _, pair := range o.meta {
		k, v, ok := strings.Cut(pair, "=")
		if !ok || k == "" {
			return usage(cmd, "--meta wants key=value, for example --meta shop=berlin")
		}
		if r.Metadata == nil {
			r.Metadata = map[string]string{}
		}
		r.Metadata[k] = v
	}
	if err := o.fillParams(cmd); err != nil {
		return err
	}
	return o.fillImage()
}

// fillSeed leaves the seed open for "new", so that the server draws one.
func (o *order) fillSeed(cmd *cobra.Command, f *pflag.FlagSet) error {
	if !f.Changed("seed") || o.seed == "new" {
		return nil
	}
	n, err := strconv.ParseInt(request.PlainNumber(o.seed), 10, 64)
	if err != nil || n < 0 {
		return usage(cmd, "--seed %q is no seed: give a number like 42, or new", o.seed)
	}
	o.request.Seed = &n
	return nil
}

// fillImage reads no more of the file than may be sent.
func (o *order) fillImage() error {
	if o.image == "" {
		return nil
	}
	data, err := o.readImage(o.image)
	o.request.Image = data
	return err
}

// readImage reads an image and turns it upright, which it notes.
func (o *order) readImage(name string) ([]byte, error) {
	data, err := readWhole(name)
	if err != nil {
		return nil, err
	}
	data, turned, err := upright.Turn(data)
	if err != nil {
		return nil, fmt.Errorf("%s is %w", name, err)
	}
	if turned {
		o.notes = append(o.notes, name+" was turned upright, as its EXIF orientation says. The model takes pixels as they lie.")
	}
	return data, nil
}

func readWhole(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the input image: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, request.MaxImageBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the input image: %w", err)
	}
	if len(data) > request.MaxImageBytes {
		return nil, fmt.Errorf("%s has more than %d bytes (3 MB), which is all that an input image may have. Scale it down", name, request.MaxImageBytes)
	}
	if err := picture.Check(data); err != nil {
		return nil, fmt.Errorf("%s %w. Give a whole picture of one frame", name, err)
	}
	return data, nil
}

// fit makes the format follow the name of the file that will hold the picture.
func (o *order) fit(t target) error {
	named := formatOf(t.file)
	if asked := o.request.OutputFormat; asked != "" && named != "" && asked != named {
		return fmt.Errorf("%s names a %s, and --format asks for %s. Change one of them", t.file, named, asked)
	}
	o.request.OutputFormat = cmp.Or(o.request.OutputFormat, named)
	return nil
}
