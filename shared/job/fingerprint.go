package job

import (
	"cmp"
	"encoding/json"
	"strings"

	"easel/shared/model"
	"easel/shared/request"
)

// Fingerprint tells pictures apart: two inputs with one fingerprint ask for the same picture. It is the SHA-256, in
// hexadecimal, of prompt, negative prompt, model, aspect ratio, seed, style preset, output format, strength, parameters
// and the hashes of the images, once the defaults stand where the input leaves something out and before a seed is drawn.
// So an alias equals its model ID, and seed 0 equals none. Standard is the model of an input that names none.
//
// Jobs are compared by the fingerprints of both. But a batch and a request to append keep one of their rows, and the names of
// pictures in a folder and the IDs of changed jobs are made of it: in another form what was made before is paid for again.
func Fingerprint(in Input, standard string) string {
	in.Model = cmp.Or(in.Model, standard)
	if m, known := model.Find(in.Model); known {
		in = complete(in, m)
	}
	if in.Seed != nil && *in.Seed == 0 {
		in.Seed = nil
	}
	in.Model, in.Parameters = strings.ToLower(in.Model), request.Canonical(in.Parameters)
	in.Image, in.Mask = in.Image.nameless(), in.Mask.nameless()
	b, _ := json.Marshal(in) // strings, numbers and maps cannot fail
	return HashOf(b)
}

// complete puts the model's defaults where an input leaves something out.
func complete(in Input, m model.Model) Input {
	in.Model, in.Parameters = m.ID, m.FillParameters(in.Parameters)
	if in.OutputFormat == "" && len(m.Formats) > 0 {
		in.OutputFormat = m.Formats[0]
	}
	if in.AspectRatio == "" && in.Image == nil && len(m.AspectRatios) > 0 {
		in.AspectRatio = m.AspectRatios[0]
	}
	if in.Strength == nil && in.Image != nil && m.TakesStrength(in.Parameters) {
		in.Strength = &m.Image.DefaultStrength
	}
	return in
}

// nameless is an image of which only the content counts.
func (i *InputImage) nameless() *InputImage {
	if i == nil {
		return nil
	}
	return &InputImage{SHA256: i.SHA256}
}

// InputOf is what a request asks for. An image has its hash alone there, until it is stored.
func InputOf(r request.Request) Input {
	return Input{
		Settings: r.Settings, Parameters: Ordered(r.Parameters), Image: unstored(r.Image), Mask: unstored(r.Mask),
	}
}

func unstored(data []byte) *InputImage {
	if data == nil {
		return nil
	}
	return &InputImage{SHA256: HashOf(data)}
}

// asksFor reports whether an input asks for the job's picture. Where neither names a model the job's counts, so that a
// request that is sent again is known after the default has changed.
func (j Job) asksFor(in Input, standard string) bool {
	if j.Input.Model == "" && in.Model == "" {
		standard = j.Model
	}
	return Fingerprint(in, standard) == Fingerprint(j.Input, j.Model)
}

// otherMembers is a hash of what a request holds beside its picture, as the client sent it: another default later leaves
// an Idempotency-Key what it was.
func otherMembers(r request.Request) string {
	b, _ := json.Marshal(request.Request{ // strings, numbers and maps cannot fail
		Metadata: r.Metadata, CustomID: r.CustomID, User: r.User, DeadlineSeconds: r.DeadlineSeconds,
		MaxModelCalls: r.MaxModelCalls, Embed: r.Embed,
	})
	return HashOf(b)
}
