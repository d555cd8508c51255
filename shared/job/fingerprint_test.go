package job_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// variant is a request beside another one that it is compared with.
type variant struct {
	name        string
	base        request.Request
	change      func(*request.Request)
	picture     bool // both ask for the same picture
	withKey     bool // both are the same request to an Idempotency-Key
	onlyCompare bool // no model takes it
}

// core and sd35 spell out what a request that names nothing gets.
var (
	plainFox = request.Request{Settings: request.Settings{Prompt: "a fox"}}
	fromFox  = request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}
	steps    = request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sdxl"}, Parameters: json.RawMessage(`{"steps":40}`)}
)

func variants() []variant {
	same := func(name string, base request.Request, change func(*request.Request)) variant {
		return variant{name: name, base: base, change: change, picture: true, withKey: true}
	}
	beside := func(name string, change func(*request.Request)) variant {
		return variant{name: name, base: plainFox, change: change, picture: true}
	}
	other := func(name string, base request.Request, change func(*request.Request)) variant {
		return variant{name: name, base: base, change: change}
	}
	foreign := func(v variant) variant { v.onlyCompare = true; return v }
	return []variant{
		same("nothing", plainFox, func(*request.Request) {}),
		same("seed 0", plainFox, func(r *request.Request) { r.Seed = new(int64(0)) }),
		same("the default model by alias", plainFox, func(r *request.Request) { r.Model = "core" }),
		same("the default model by ID", plainFox, func(r *request.Request) { r.Model = "stability.stable-image-core-v1:1" }),
		same("the default model in capitals", plainFox, func(r *request.Request) { r.Model = "CORE" }),
		same("the default ratio", plainFox, func(r *request.Request) { r.AspectRatio = "1:1" }),
		same("the default format", plainFox, func(r *request.Request) { r.OutputFormat = "png" }),
		same("empty parameters", plainFox, func(r *request.Request) { r.Parameters = json.RawMessage(`{}`) }),
		same("empty metadata", plainFox, func(r *request.Request) { r.Metadata = map[string]string{} }),
		same("the default strength", fromFox, func(r *request.Request) { m, _ := model.Find("sd35"); r.Strength = &m.Image.DefaultStrength }),
		foreign(same("a default parameter", steps, func(r *request.Request) { r.Parameters = json.RawMessage(`{"cfg_scale":7,"steps":40}`) })),
		foreign(same("a number written otherwise", steps, func(r *request.Request) { r.Parameters = json.RawMessage(` {"steps" : 40.0 }`) })),

		beside("embed", func(r *request.Request) { r.Embed = request.EmbedNone }),
		beside("embed as by default", func(r *request.Request) { r.Embed = request.EmbedAll }),
		beside("metadata", func(r *request.Request) { r.Metadata = map[string]string{"shelf": "3"} }),
		beside("user", func(r *request.Request) { r.User = "u" }),
		beside("deadline", func(r *request.Request) { r.DeadlineSeconds = new(60) }),
		beside("calls", func(r *request.Request) { r.MaxModelCalls = new(3) }),
		beside("calls as by default", func(r *request.Request) { r.MaxModelCalls = new(request.DefaultMaxCalls) }),

		other("prompt", plainFox, func(r *request.Request) { r.Prompt = "a fox " }),
		other("negative prompt", plainFox, func(r *request.Request) { r.NegativePrompt = "rain" }),
		other("model", plainFox, func(r *request.Request) { r.Model = "ultra" }),
		other("ratio", plainFox, func(r *request.Request) { r.AspectRatio = "3:2" }),
		other("seed", plainFox, func(r *request.Request) { r.Seed = new(int64(7)) }),
		other("style", plainFox, func(r *request.Request) { r.StylePreset = "anime" }),
		other("format", plainFox, func(r *request.Request) { r.OutputFormat = "jpeg" }),
		other("strength", fromFox, func(r *request.Request) { r.Strength = new(0.9) }),
		other("image", fromFox, func(r *request.Request) { r.Image = pixel(64, 65) }),
		other("no image", fromFox, func(r *request.Request) { r.Image = nil }),
		foreign(other("parameter", steps, func(r *request.Request) { r.Parameters = json.RawMessage(`{"steps":41}`) })),
		foreign(other("mask", steps, func(r *request.Request) { r.Mask = pixel(1, 1) })),
	}
}

// One rule says what the same picture is, for the hash, for an Idempotency-Key and for the rows of a batch.
func TestTheSamePictureIsRecognisedEverywhere(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				changed := v.base
				v.change(&changed)
				if got := fingerprint(v.base) == fingerprint(changed); got != v.picture {
					t.Errorf("Fingerprint: the same is %t, want %t", got, v.picture)
				}
				if v.onlyCompare {
					return
				}
				h.sentWithAKey(v, changed)
				h.sentToABatch(v, changed)
				h.appendedWithAKey(v, changed)
			})
		})
	}
}

func fingerprint(r request.Request) string { return job.Fingerprint(job.InputOf(r), "core") }

func (h *harness) sentWithAKey(v variant, changed request.Request) {
	first := h.order(v.base, "k")
	again, err := h.submit.Submit(h.t.Context(), ann, changed, "k")
	if same := err == nil && again.Job.ID == first.ID; same != v.withKey || (!same && !errors.Is(err, job.ErrMismatch)) {
		h.t.Errorf("with the same key: the same is %t, want %t (%v)", same, v.withKey, err)
	}
}

// sentToABatch sends a row twice under one custom_id, and twice in one order.
func (h *harness) sentToABatch(v variant, changed request.Request) {
	v.base.CustomID, changed.CustomID = "x", "x"
	id := h.batch(job.BatchRequest{Lines: []job.Line{{Number: 1, Request: v.base}}, Open: true}).Batch.ID
	p, err := h.submit.PlanBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Lines: []job.Line{{Number: 1, Request: changed}}, Changed: job.ChangedAdd})
	if err != nil || (p.Changed == 0 && p.Added == 0 && p.Cost == 0) != v.picture {
		h.t.Errorf("in a batch: %d changed, %d added, cost %d, %v; the same is to be %t", p.Changed, p.Added, p.Cost, err, v.picture)
	}
	twice := []job.Line{{Number: 1, Request: v.base}, {Number: 2, Request: changed}}
	p, err = h.submit.PlanBatch(h.t.Context(), ann, job.BatchRequest{Lines: twice})
	if (err == nil && p.Duplicates == 1) != v.picture {
		h.t.Errorf("twice in one order: %d repeated, %v; the same is to be %t", p.Duplicates, err, v.picture)
	}
}

// appendedWithAKey appends a row without a custom_id twice. That it is changed is no way around the key.
func (h *harness) appendedWithAKey(v variant, changed request.Request) {
	id := h.batch(job.BatchRequest{Lines: rows("a wolf"), Open: true}).Batch.ID
	send := func(r request.Request) (job.Plan, error) {
		o := job.BatchRequest{BatchID: id, Key: "k", Lines: []job.Line{{Number: 1, Request: r}}, Changed: job.ChangedAdd, Open: true}
		return h.submit.SubmitBatch(h.t.Context(), ann, o)
	}
	if _, err := send(v.base); err != nil {
		h.t.Fatal(err)
	}
	p, err := send(changed)
	if same := err == nil && p.Added == 0; same != v.withKey || (!same && !errors.Is(err, job.ErrMismatch)) {
		h.t.Errorf("appended with the same key: the same is %t, want %t (%v)", same, v.withKey, err)
	}
}

func TestAKeyOutlivesAnotherDefaultModel(t *testing.T) {
	inHarness(t, func(h *harness) {
		unnamed := h.order(plainFox, "unnamed")
		h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}}, "named")
		h.submit.Model = "ultra"
		if again := h.order(plainFox, "unnamed"); again.ID != unnamed.ID || again.Model != unnamed.Model {
			t.Errorf("the same request became another job: %s of %s", again.ID, again.Model)
		}
		_, err := h.submit.Submit(h.t.Context(), ann, plainFox, "named")
		want(t, err, job.ErrMismatch, "idempotency_key_reused")
		if _, err := h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Prompt: "a fox", Model: "core"}}, "unnamed"); err != nil {
			t.Errorf("the model that was meant is another: %v", err)
		}
	})
}

func TestEmptyMembersOfABatchAreNone(t *testing.T) {
	inHarness(t, func(h *harness) {
		first := h.batch(job.BatchRequest{Key: "k", Lines: rows("a fox")})
		again := h.batch(job.BatchRequest{Key: "k", Lines: rows("a fox"), Metadata: map[string]string{}, Retry: []job.Status{}})
		if again.Created || again.Batch.ID != first.Batch.ID {
			t.Errorf("batch %s became %s", first.Batch.ID, again.Batch.ID)
		}
	})
}

// What a field of a request means to the fingerprint is decided where the field is added.
func TestEveryMemberOfARequestIsInTheTable(t *testing.T) {
	touched := map[string]bool{}
	for _, v := range variants() {
		changed := v.base
		v.change(&changed)
		for _, name := range differences(v.base, changed) {
			touched[name] = true
		}
	}
	for _, name := range membersOf(request.Request{}) {
		if !touched[name] && !slices.Contains([]string{"CustomID"}, name) { // it names the row that is compared
			t.Errorf("no variant changes %s", name)
		}
	}
}

func membersOf(r request.Request) (names []string) {
	for f := range reflect.TypeOf(r).Fields() {
		names = append(names, f.Name)
	}
	return names
}

func differences(a, b request.Request) (names []string) {
	for _, name := range membersOf(a) {
		if !reflect.DeepEqual(reflect.ValueOf(a).FieldByName(name).Interface(), reflect.ValueOf(b).FieldByName(name).Interface()) {
			names = append(names, name)
		}
	}
	return names
}

// TestAFingerprintKeepsItsForm holds fingerprints against pinned ones: they are in records, and in the names of files.
func TestAFingerprintKeepsItsForm(t *testing.T) {
	for input, want := range map[string]string{
		`{"prompt":"a fox","model":"core","seed":7,"negative_prompt":"fog","aspect_ratio":"1:1"}`: "5867a4e52c81a211c075f403b3d7f4ffac22d30ce678dc24473a7158f99440e9",
		`{"prompt":"a fox","model":"sd35","image":{"sha256":"1f"}}`:                               "041b660517b05b0162fb1d4a7756385434f2198693596edc668341bb66a30efc",
		`{"prompt":"a fox","model":"sdxl","seed":7,"style_preset":"anime","output_format":"png","image":{"sha256":"1f"},"strength":0.5,
			"parameters":{"steps":30},"mask":{"sha256":"2e"}}`: "9c1c0de6544aafdee028f8d98f0807312e15c0963d767a859f917a50525d66b4",
	} {
		var in job.Input
		if err := json.Unmarshal([]byte(input), &in); err != nil {
			t.Fatal(err)
		}
		if got := job.Fingerprint(in, "core"); got != want {
			t.Errorf("%s has the fingerprint %s, want %s", input, got, want)
		}
	}
}
