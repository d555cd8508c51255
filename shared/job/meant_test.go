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
		"Did you mean digital-art?":                 {Settings: request.Settings{StylePreset: "Digital Art"}},
		"Did you mean jpeg?":                        {Settings: request.Settings{OutputFormat: "image/jpg"}},
		"The nearest is 16:9.":                      {Settings: request.Settings{AspectRatio: "1920x1080"}},
		"Did you mean 9:16?":                        {Settings: request.Settings{AspectRatio: "9 by 16"}},
		"Did you mean ultra?":                       {Settings: request.Settings{Model: "Stable Image Ultra"}},
		"Did you mean none?":                        {Embed: "None"},
		"use one of: png, jpeg.":                    {Settings: request.Settings{Model: "core", OutputFormat: "WebP"}},
		"The nearest is 3:2.":                       {Settings: request.Settings{AspectRatio: "1000x700"}},
		"use one of: 1:1, 16:9, 21:9, 2:3, 3:2, 4:": {Settings: request.Settings{AspectRatio: "Digital Art"}},
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
		"a style in words":        {request.Request{Settings: request.Settings{StylePreset: "Digital Art"}}, "Did you mean digital-art?"},
		"a style in capitals":     {request.Request{Settings: request.Settings{StylePreset: "Anime"}}, "Did you mean anime?"},
		"a style by another name": {request.Request{Settings: request.Settings{StylePreset: "watercolor"}}, ""},
		"a format in capitals":    {request.Request{Settings: request.Settings{OutputFormat: "PNG"}}, "Did you mean png?"},
		"a format by its ending":  {request.Request{Settings: request.Settings{OutputFormat: "jpg"}}, "Did you mean jpeg?"},
		"another format":          {request.Request{Settings: request.Settings{OutputFormat: "tiff"}}, ""},
		"a ratio with an x":       {request.Request{Settings: request.Settings{AspectRatio: "16x9"}}, "The nearest is 16:9."},
		"a ratio with a slash":    {request.Request{Settings: request.Settings{AspectRatio: "4 / 3"}}, "The nearest is 5:4."},
		"embed in capitals":       {request.Request{Embed: "None"}, "Did you mean none?"},
		"a model, nearly":         {request.Request{Settings: request.Settings{Model: "coer"}}, "Did you mean core?"},
		"a model with its dot":    {request.Request{Settings: request.Settings{Model: "SD3.5"}}, "Did you mean sd35?"},
		"a model by its name":     {request.Request{Settings: request.Settings{Model: "Stable Image Ultra"}}, "Did you mean ultra?"},
		"another model":           {request.Request{Settings: request.Settings{Model: "dall-e-3"}}, ""},
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
