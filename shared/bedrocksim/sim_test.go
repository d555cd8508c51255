package bedrocksim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/draw"
	"image/png"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrock"
	"easel/shared/bedrocksim"
	paint "easel/shared/bedrocksim/draw"
	"easel/shared/job"
	"easel/shared/model"
)

// open starts a stand-in that takes no time and draws small pictures, where the options say no more.
func open(t testing.TB, opts bedrocksim.Options) *bedrocksim.Server {
	t.Helper()
	if opts.Latency == 0 {
		opts.Latency = -1
	}
	s, err := bedrocksim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// adapter calls the stand-in through the real SDK.
func adapter(t testing.TB, client aws.HTTPClient, url string) *bedrock.Generator {
	t.Helper()
	g, err := bedrock.New(bedrock.Client(aws.Config{
		Credentials:  credentials.NewStaticCredentialsProvider("sim", "sim", ""),
		BaseEndpoint: aws.String(url), HTTPClient: client,
	}), bedrock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func serve(t testing.TB, s *bedrocksim.Server) *bedrock.Generator {
	t.Helper()
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return adapter(t, h.Client(), h.URL)
}

func find(t testing.TB, name string) model.Model {
	t.Helper()
	m, ok := model.Find(name)
	if !ok {
		t.Fatalf("no model %q", name)
	}
	return m
}

func order(prompt string) model.Request {
	return model.Request{Prompt: prompt, AspectRatio: "3:2", OutputFormat: "png", Seed: 7}
}

func TestEveryModelDraws(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	g := serve(t, s)
	for _, m := range model.Current() {
		for _, format := range m.Formats {
			r := order("a lighthouse")
			r.OutputFormat = format
			result, err := g.Generate(t.Context(), m, r)
			if err != nil {
				t.Fatal(err)
			}
			h, err := model.Sniff(result.Image)
			want := model.Header{Format: format, Width: 1216 / 16, Height: 832 / 16}
			if diff := cmp.Diff(want, h); diff != "" || err != nil || result.Seed != 7 {
				t.Errorf("%s: seed %d, %v, %s", m.Alias, result.Seed, err, diff)
			}
		}
	}
}

func TestSameOrderSameBytes(t *testing.T) {
	g := serve(t, open(t, bedrocksim.Options{Tiny: true}))
	again := serve(t, open(t, bedrocksim.Options{Tiny: true, Seed: 99}))
	draw := func(g *bedrock.Generator, change func(*model.Request)) string {
		r := order("a red fox in snow")
		change(&r)
		result, err := g.Generate(t.Context(), find(t, "core"), r)
		if err != nil {
			t.Fatal(err)
		}
		return string(result.Image)
	}
	first := draw(g, func(*model.Request) {})
	if draw(again, func(*model.Request) {}) != first {
		t.Error("another stand-in drew another picture")
	}
	if draw(g, func(r *model.Request) { r.Prompt += " [sim:throttle=0] [SIM:Slow=0s]" }) != first {
		t.Error("steering words are drawn")
	}
	if draw(g, func(r *model.Request) { r.Seed++ }) == first {
		t.Error("the seed changes nothing")
	}
}

func TestStyleComesBackFromItsWords(t *testing.T) {
	g := serve(t, open(t, bedrocksim.Options{}))
	r := order("")
	r.Prompt, _ = model.WithStyle("a castle", "neon-punk")
	result, err := g.Generate(t.Context(), find(t, "core"), r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(result.Image))
	if err != nil {
		t.Fatal(err)
	}
	want := paint.Paint(paint.Scene{Prompt: "a castle", Style: "neon-punk", Seed: 7, Width: 1216, Height: 832})
	pixels := image.NewRGBA(got.Bounds())
	draw.Draw(pixels, pixels.Rect, got, image.Point{}, draw.Src)
	if !bytes.Equal(want.Pix, pixels.Pix) {
		t.Error("the picture is not the styled castle")
	}
}

func TestSeedZeroIsDrawn(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	g := serve(t, s)
	r := order("a boat")
	r.Seed = 0
	first, err1 := g.Generate(t.Context(), find(t, "sd35"), r)
	second, err2 := g.Generate(t.Context(), find(t, "sd35"), r)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if first.Seed == second.Seed || min(first.Seed, second.Seed) < 1 {
		t.Errorf("seeds %d and %d, want two different ones", first.Seed, second.Seed)
	}
	if n := s.Ledger(bedrocksim.Filter{}).Repeated; n != 0 {
		t.Errorf("%d orders repeated, want none: their pictures differ", n)
	}
}

func TestImageToImage(t *testing.T) {
	g := serve(t, open(t, bedrocksim.Options{Tiny: true}))
	var base bytes.Buffer
	if err := png.Encode(&base, image.NewRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	r := model.Request{Prompt: "a boat", OutputFormat: "png", Image: base.Bytes(), Strength: 0.5}
	result, err := g.Generate(t.Context(), find(t, "sd35"), r)
	if err != nil {
		t.Fatal(err)
	}
	h, err := model.Sniff(result.Image)
	want := image.Point{1280 / 16, 832 / 16} // the shape of the input image
	if got := (image.Point{h.Width, h.Height}); got != want || err != nil {
		t.Errorf("sd35 drew %v, want %v (%v)", got, want, err)
	}
}

func TestPictureThatGoesInAgainKeepsItsSize(t *testing.T) {
	g := serve(t, open(t, bedrocksim.Options{Tiny: true}))
	for _, ratio := range find(t, "sd35").AspectRatios {
		w, h := model.Size(ratio)
		var base bytes.Buffer
		if err := png.Encode(&base, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		r := model.Request{Prompt: "a boat", OutputFormat: "png", Image: base.Bytes(), Strength: 0.5}
		result, err := g.Generate(t.Context(), find(t, "sd35"), r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := model.Sniff(result.Image)
		if err != nil || got.Width != w/16 || got.Height != h/16 {
			t.Errorf("%s: %d × %d, want a sixteenth of %d × %d", ratio, got.Width, got.Height, w, h)
		}
	}
}

func TestSteeringWords(t *testing.T) {
	for word, c := range map[string]struct {
		class  job.Class
		code   string
		ledger bedrocksim.Outcome
	}{
		"throttle":  {job.NotExecuted, job.WaitThrottled, bedrocksim.Refused},
		"503":       {job.NotExecuted, job.WaitOutage, bedrocksim.Refused},
		"notready":  {job.NotExecuted, job.WaitOutage, bedrocksim.Refused},
		"denied":    {job.Account, job.WaitAccess, bedrocksim.Refused},
		"500":       {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"408":       {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"424":       {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"inference": {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"reset":     {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"truncated": {job.Ambiguous, job.CodeModel, bedrocksim.Executed},
		"filtered":  {job.Rejected, job.CodeFiltered, bedrocksim.Filtered},
		"output":    {job.Rejected, job.CodeFiltered, bedrocksim.Filtered},
		"oversized": {job.Rejected, job.CodeInvalid, bedrocksim.Executed},
	} {
		t.Run(word, func(t *testing.T) {
			s := open(t, bedrocksim.Options{Tiny: true})
			g := serve(t, s)
			prompt := "a boat [sim:" + word + "=2]"
			for range 2 {
				_, err := g.Generate(t.Context(), find(t, "core"), order(prompt))
				ce, ok := errors.AsType[*job.CallError](err)
				if !ok || ce.Class != c.class || ce.Code != c.code {
					t.Errorf("got %v, want %s %s", err, c.class, c.code)
				}
			}
			if _, err := g.Generate(t.Context(), find(t, "core"), order(prompt)); err != nil {
				t.Errorf("the third call failed too: %v", err)
			}
			want := map[bedrocksim.Outcome]int{bedrocksim.Executed: 0, bedrocksim.Refused: 0, bedrocksim.Filtered: 0}
			want[c.ledger] += 2
			want[bedrocksim.Executed]++
			if diff := cmp.Diff(want, s.Ledger(bedrocksim.Filter{}).Totals); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWordsStrikeInOrderAndForEver(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	g := serve(t, s)
	for range 4 {
		_, _ = g.Generate(t.Context(), find(t, "core"), order("[sim:503=1] a boat [sim:500=2] [sim:denied]"))
	}
	var got []string
	for _, e := range s.Ledger(bedrocksim.Filter{}).Entries {
		got = append(got, e.Fault)
	}
	if diff := cmp.Diff([]string{"503", "500", "500", "denied"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestTruncationCutsAPicture(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true})
	_, _ = serve(t, s).Generate(t.Context(), find(t, "core"), order("a boat [sim:truncated]"))
	if e := s.Ledger(bedrocksim.Filter{}).Entries[0]; e.Bytes == 0 {
		t.Errorf("there was no picture to cut: %+v", e)
	}
}

func TestFaultsForAllRequests(t *testing.T) {
	s := open(t, bedrocksim.Options{Tiny: true, Faults: map[string]float64{"503": 0.5, "500": 0}})
	g := serve(t, s)
	for range 40 {
		_, _ = g.Generate(t.Context(), find(t, "core"), order("a boat"))
	}
	totals := s.Ledger(bedrocksim.Filter{}).Totals
	if n := totals[bedrocksim.Refused]; n < 8 || n > 32 {
		t.Errorf("%d of 40 were refused, want about half", n)
	}
}

func TestNewRefuses(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "ledger")
	write(t, broken, "no json\n{}\n")
	for name, c := range map[string]struct {
		opts bedrocksim.Options
		says string
	}{
		"an unknown fault":        {bedrocksim.Options{Faults: map[string]float64{"flood": 1}}, "use one of 408, 424"},
		"a wrong probability":     {bedrocksim.Options{Faults: map[string]float64{"500": 1.5}}, "not within 0 and 1"},
		"a ledger that is none":   {bedrocksim.Options{Ledger: broken}, "line 1 is no ledger entry"},
		"a ledger in a file":      {bedrocksim.Options{Ledger: filepath.Join(broken, "x")}, "ledger"},
		"a ledger without folder": {bedrocksim.Options{Ledger: filepath.Join(t.TempDir(), "no", "x")}, "ledger"},
	} {
		if _, err := bedrocksim.New(c.opts); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
}

func decode(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	return m
}
