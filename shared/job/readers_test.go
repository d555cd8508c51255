package job_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/HugoSmits86/nativewebp"

	"easel/shared/request"
)

// required is the environment variable that makes missing readers a failure instead of a skipped test.
const required = "EASEL_REQUIRE_READERS"

// A reading is what a program found in a picture: the parts, or the whole text.
type reading struct {
	Reader   string `json:"reader"`
	File     string `json:"file"`
	Prompt   string `json:"prompt"`
	Negative string `json:"negative"`
	Seed     string `json:"seed"`
	Size     string `json:"size"`
	Model    string `json:"model"`
	Text     string `json:"text"`
	Error    string `json:"error"`
}

// Each program reads each prompt from each format. Programs that divide the text cut blanks at the ends of its parts.
func TestImageToolsReadWhatAPictureWasMadeFrom(t *testing.T) {
	env := readers(t)
	dir := t.TempDir()
	wanted := map[string]reading{} // by file
	for format, blank := range blanks() {
		for n, c := range readPrompts {
			name := filepath.Join(dir, fmt.Sprintf("%d.%s", n, format))
			inHarness(t, func(h *harness) {
				h.studio.image = blank
				data := picture(h, request.Request{Settings: request.Settings{Prompt: c.prompt, NegativePrompt: c.negative, Seed: new(int64(42))}})
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			})
			wanted[name] = reading{Prompt: cmp.Or(c.read, c.prompt), Negative: cmp.Or(c.readNegative, c.negative), Seed: "42", Size: "6x4", Model: "core"}
		}
	}
	seen := map[string]int{}
	for _, got := range readAll(t, env, wanted) {
		seen[got.Reader]++
		if got.differs(wanted[got.File]) {
			t.Errorf("%s, %s: got %+q\nwant %+q", got.Reader, filepath.Base(got.File), got, wanted[got.File])
		}
	}
	for _, reader := range []string{"sd_parsers", "sd_prompt_reader", "pillow", "exifreader", "exiftool"} {
		if seen[reader] != len(wanted) {
			t.Errorf("%s read %d of %d pictures", reader, seen[reader], len(wanted))
		}
	}
}

// readPrompts are what pictures are made from, and how it is read where that is not the same.
var readPrompts = []struct{ prompt, negative, read, readNegative string }{
	{prompt: "a red fox in the snow"},
	{prompt: "a red fox in the snow", negative: "rain, blurry"},
	{prompt: `a "quoted" fox, 'single' & <tag> \ backslash: colon, comma, {braces} and (weights:1.2)`, negative: `"rain"`},
	{prompt: "a fox\nin the snow\n\nby night", negative: "rain\nfog"},
	{prompt: "a fox in Köln, übergroß, Ärger, Þórður", negative: "größe ß"},
	{prompt: "лиса в снегу", negative: "дождь"},
	{prompt: "雪の中の狐、ヘッドライト", negative: "雨"},
	{prompt: "눈 속의 붉은 여우", negative: "비"},
	{prompt: "שועל אדום בשלג", negative: "גשם"},
	{prompt: "ثعلب أحمر في الثلج", negative: "مطر"},
	{prompt: "हिम में लोमड़ी", negative: "बारिश"},
	{prompt: "🦊 in 🌨️, 👩🏽‍🚀 𝔣𝔬𝔵", negative: "🌧"},
	{prompt: "Steps: 30, Sampler: Euler a, Seed: 1, Size: 1x1, Model: x"},
	{prompt: "a fox. Steps: 30, Sampler: Euler a, Seed: 1, Size: 1x1", negative: "Steps: 12, Sampler: DDIM, Seed: 3"},
	{
		prompt: "stairs\nSteps: 30, Sampler: Euler a, Seed: 1\nfox", read: "stairs\n Steps: 30, Sampler: Euler a, Seed: 1\nfox",
		negative: "ramp\nSteps: 2", readNegative: "ramp\n Steps: 2",
	},
	{prompt: "a fox\nNegative prompt: rain", read: "a fox\nNegative  prompt: rain", negative: "Negative prompt: fog", readNegative: "Negative  prompt: fog"},
	{prompt: `{"subject": "a fox", "style": "oil"}`},
	{prompt: strings.TrimSpace(strings.Repeat("a long fox 狐 ", 700)), negative: strings.TrimSpace(strings.Repeat("rain 雨 ", 1400))},
}

// differs compares what a reader tells. A byte order mark, which has no width, is none of the text.
func (r reading) differs(want reading) bool {
	if r.Error != "" {
		return true
	}
	if r.Text != "" {
		return strings.TrimSpace(strings.TrimPrefix(r.Text, "\ufeff")) != want.text()
	}
	r.Reader, r.File, r.Prompt = "", "", strings.TrimPrefix(r.Prompt, "\ufeff")
	return r != want
}

func (r reading) text() string {
	text := r.Prompt
	if r.Negative != "" {
		text += "\nNegative prompt: " + r.Negative
	}
	return text + "\nSteps: 0, Sampler: unknown, Seed: " + r.Seed + ", Size: " + r.Size + ", Model: " + r.Model
}

// blanks are pictures without a text, by format.
func blanks() map[string][]byte {
	img := image.NewRGBA(image.Rect(0, 0, 6, 4))
	for n := range img.Pix {
		img.Pix[n] = 0xff
	}
	var j, w bytes.Buffer
	_, _ = jpeg.Encode(&j, img, nil), nativewebp.Encode(&w, img, nil) // a buffer takes everything
	return map[string][]byte{"png": pixel(6, 4), "jpg": j.Bytes(), "webp": w.Bytes()}
}

// readAll has all programs read all files.
func readAll(t *testing.T, env string, files map[string]reading) (found []reading) {
	t.Helper()
	for _, args := range [][]string{{filepath.Join(env, "bin", "python"), filepath.Join(env, "read.py")}, {"node", filepath.Join(env, "read.mjs")}} {
		for name := range files {
			args = append(args, name)
		}
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		var complaints bytes.Buffer
		cmd.Stderr = &complaints
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", args[1], err, complaints.String())
		}
		lines := bufio.NewScanner(bytes.NewReader(out))
		for lines.Buffer(nil, 1<<20); lines.Scan(); {
			var r reading
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			found = append(found, r)
		}
	}
	return found
}

// readers is where the programs lie.
func readers(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", ".bin", "readers"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ready")); err == nil {
		return dir
	}
	const hint = "no readers of pictures in .bin: make readers"
	if os.Getenv(required) != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
	return ""
}
