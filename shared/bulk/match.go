package bulk

import (
	"easel/shared/api"
	"easel/shared/job"
)

// asks reports whether a job was made for the row as it is. Under one custom_id there may be jobs for the row as it was.
func (l line) asks(j api.Job) bool {
	if l.CustomID == "" {
		return true // the key is made of what is asked for
	}
	mine := l.Input
	var mask string
	mine.Parameters, mask = unmask(mine.Parameters, "")
	return hashOf(mine.Image) == shaOf(j.Input.Image) && mask == shaOf(j.Input.Mask) &&
		Fingerprint(textOf(mine)) == Fingerprint(textOf(wordsOf(j)))
}

// textOf is a request without its images. Parameters that hold nothing are none.
func textOf(r api.JobRequest) job.Request {
	if string(job.Ordered(r.Parameters)) == "{}" {
		r.Parameters = nil
	}
	return job.Request{
		Prompt: r.Prompt, Model: r.Model, NegativePrompt: r.NegativePrompt, AspectRatio: r.AspectRatio, Seed: r.Seed,
		StylePreset: r.StylePreset, OutputFormat: r.OutputFormat, Strength: r.Strength, Parameters: r.Parameters,
	}
}

// wordsOf is what a job was asked to make, as far as the server tells.
func wordsOf(j api.Job) api.JobRequest {
	in := j.Input
	return api.JobRequest{
		Prompt: in.Prompt, Model: in.Model, NegativePrompt: in.NegativePrompt, AspectRatio: in.AspectRatio, Seed: in.Seed,
		StylePreset: in.StylePreset, OutputFormat: in.OutputFormat, Strength: in.Strength, Parameters: in.Parameters,
		Metadata: j.Metadata, CustomID: j.CustomID, User: j.User,
	}
}

func shaOf(i *api.InputImage) string {
	if i == nil {
		return ""
	}
	return i.SHA256
}
