package spelling_test

import (
	"strings"
	"testing"

	"easel/shared/spelling"
)

func TestWhatIsMeantIsOneThing(t *testing.T) {
	for member, values := range map[string]map[string]string{
		"style_preset": {
			"Anime": "anime", "Digital Art": "digital-art", "DIGITAL_ART": "digital-art", "3D Model": "3d-model", "neonpunk": "neon-punk",
			" line art ": "line-art", "anime": "anime", "baroque": "baroque", "": "", "art": "art", "--": "--",
		},
		"output_format": {
			"PNG": "png", "jpg": "jpeg", "JPG": "jpeg", ".jpeg": "jpeg", "image/webp": "webp", "Image/JPG": "jpeg", "png": "png", "gif": "gif", "image/": "image/", "": "",
		},
		"aspect_ratio": {
			"16x9": "16:9", "16×9": "16:9", "16/9": "16:9", "16 : 9": "16:9", "16 X 9": "16:9", "16-9": "16:9", "16：9": "16:9", "16 by 9": "16:9",
			"1920x1080": "16:9", "1024x1024": "1:1", "1024 x 1536 px": "2:3", "1344x768": "16:9", "4:2": "4:2", "3000x2000": "3:2", "Square": "1:1",
			"16:09": "16:9", "16:9": "16:9", "1000x700": "1000x700", "4:3": "4:3", "0x0": "0x0", "0:0": "0:0", "wide": "wide", "x": "x", "": "", "16:9:00": "16:9:00",
		},
		"model": {
			"Stable Image Core": "core", "stable-image-core": "core", "Stable Image Ultra 1.1": "ultra", "SD3.5": "sd35", "sd-3.5": "sd35",
			"Stable Diffusion 3.5 Large": "sd35", "Core": "Core", "ULTRA": "ULTRA", "stability.sd3-5-large-v1:0": "stability.sd3-5-large-v1:0",
			"stable": "stable", "dall-e-3": "dall-e-3", "": "", "-": "-",
		},
		"embed":  {"All": "all", "NONE": "none", "some": "some"},
		"prompt": {"Anime": "Anime"},
	} {
		for given, want := range values {
			if got := spelling.Meant(member, given); got != want {
				t.Errorf("%s %q is read as %q, want %q", member, given, got, want)
			}
		}
	}
}

func TestNearFindsWhatWasMeant(t *testing.T) {
	known := []string{"prompt", "model", "seed", "custom_id", "aspect_ratio", "statuses", "png", "1:1"}
	for given, want := range map[string]string{
		"Prompt": "prompt", "promt": "prompt", "prmopt": "prompt", "modell": "model", "sede": "seed", "Custom ID": "custom_id",
		"aspect-rato": "aspect_ratio", "status": "statuses", "customer": "", "description": "", "step": "", "": "", "1": "", "-": "",
		strings.Repeat("x", 100): "",
	} {
		if got := spelling.Near(given, known); got != want {
			t.Errorf("%q: got %q, want %q", given, got, want)
		}
	}
}
