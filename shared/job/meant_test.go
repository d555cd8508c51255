package job_test

import (
	"errors"
	"strings"
	"testing"

	"easel/shared/job"
	"easel/shared/request"
)

func TestARefusalNamesWhatWasMeant(t *testing.T) {
	for says, r := range map[string]request.Request{
		"Did you mean digital-art?":                 {StylePreset: "Digital Art"},
		"Did you mean jpeg?":                        {OutputFormat: "image/jpg"},
		"The nearest is 16:9.":                      {AspectRatio: "1920x1080"},
		"Did you mean 9:16?":                        {AspectRatio: "9 by 16"},
		"Did you mean ultra?":                       {Model: "Stable Image Ultra"},
		"Did you mean none?":                        {Embed: "None"},
		"use one of: png, jpeg.":                    {Model: "core", OutputFormat: "WebP"},
		"The nearest is 3:2.":                       {AspectRatio: "1000x700"},
		"use one of: 1:1, 16:9, 21:9, 2:3, 3:2, 4:": {AspectRatio: "Digital Art"},
	} {
		r.Prompt = "a fox"
		err := (&job.Submitter{}).Check(r)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v, want it to say %q", r, err, says)
		}
	}
}

func TestWhatIsNotOfferedNamesWhatWasMeant(t *testing.T) {
	for name, c := range map[string]struct {
		request request.Request
		want    string // the end of what is said; empty: no proposal
	}{
		"a style in words":        {request.Request{StylePreset: "Digital Art"}, "Did you mean digital-art?"},
		"a style in capitals":     {request.Request{StylePreset: "Anime"}, "Did you mean anime?"},
		"a style by another name": {request.Request{StylePreset: "watercolor"}, ""},
		"a format in capitals":    {request.Request{OutputFormat: "PNG"}, "Did you mean png?"},
		"a format by its ending":  {request.Request{OutputFormat: "jpg"}, "Did you mean jpeg?"},
		"another format":          {request.Request{OutputFormat: "tiff"}, ""},
		"a ratio with an x":       {request.Request{AspectRatio: "16x9"}, "The nearest is 16:9."},
		"a ratio with a slash":    {request.Request{AspectRatio: "4 / 3"}, "The nearest is 5:4."},
		"embed in capitals":       {request.Request{Embed: "None"}, "Did you mean none?"},
		"a model, nearly":         {request.Request{Model: "coer"}, "Did you mean core?"},
		"a model with its dot":    {request.Request{Model: "SD3.5"}, "Did you mean sd35?"},
		"a model by its name":     {request.Request{Model: "Stable Image Ultra"}, "Did you mean ultra?"},
		"another model":           {request.Request{Model: "dall-e-3"}, ""},
	} {
		c.request.Prompt = "a fox"
		known, ok := errors.AsType[*job.Error]((&job.Submitter{}).Check(c.request))
		if !ok || len(known.Fields) != 1 {
			t.Errorf("%s: got %v", name, known)
			continue
		}
		said := known.Fields[0].Detail
		if !strings.HasSuffix(said, c.want) || c.want == "" && strings.Contains(said, "mean") {
			t.Errorf("%s: got %q, want %q", name, said, c.want)
		}
	}
}
