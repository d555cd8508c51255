package job_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"testing"

	"easel/shared/job"
	"easel/shared/request"
)

// picture makes one job with a picture and returns the stored bytes.
func picture(h *harness, r request.Request) []byte {
	h.t.Helper()
	j := h.run(h.order(r, "").ID)
	return h.bytes(j.Images[0].Key)
}

func TestSettingsAreWrittenIntoThePicture(t *testing.T) {
	seed := int64(7)
	for _, c := range []struct {
		name, prompt, kind, says string
	}{
		{"Latin-1", "a fox in Köln", "tEXt", "parameters\x00a fox in K\xf6ln\nNegative prompt: rain\nSteps: 0, Sampler: unknown, Seed: 7, Size: 1x1, Model: core"},
		{"everything else", "狐 🦊", "iTXt", "parameters\x00\x00\x00\x00\x00狐 🦊\nNegative prompt: rain\nSteps: 0, Sampler: unknown, Seed: 7, Size: 1x1, Model: core"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				data := picture(h, request.Request{Settings: request.Settings{Prompt: c.prompt, NegativePrompt: "rain", Seed: &seed}})
				if !bytes.Contains(data, []byte(c.kind+c.says)) || !bytes.Contains(data, []byte("easel\x00")) {
					t.Errorf("no such text in %q", data)
				}
				if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dx() != 1 {
					t.Errorf("the picture no longer decodes: %v", err)
				}
			})
		})
	}
}

func TestEmbedNoneLeavesTheBytesAlone(t *testing.T) {
	inHarness(t, func(h *harness) {
		if data := picture(h, request.Request{Settings: request.Settings{Prompt: "a fox"}, Embed: request.EmbedNone}); !bytes.Equal(data, pixel(1, 1)) {
			t.Errorf("got %q", data)
		}
	})
}

func TestASignedPictureIsNeverRewritten(t *testing.T) {
	inHarness(t, func(h *harness) {
		signed := withChunk(pixel(1, 1), "caBX", "manifest")
		h.studio.image = signed
		if data := picture(h, fox); !bytes.Equal(data, signed) {
			t.Errorf("got %q", data)
		}
	})
}

// withChunk puts a chunk behind the header of a PNG.
func withChunk(data []byte, kind, body string) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(chunk, kind+body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	const header = 33 // signature and IHDR
	return append(append(append([]byte{}, data[:header]...), chunk...), data[header:]...)
}

// Whatever the format, none leaves the bytes alone and all leaves the compressed pixels alone.
func TestEmbedOfEveryFormat(t *testing.T) {
	for format, blank := range blanks() {
		inHarness(t, func(h *harness) {
			h.studio.image = blank
			if data := picture(h, request.Request{Settings: request.Settings{Prompt: "a fox"}, Embed: request.EmbedNone}); !bytes.Equal(data, blank) {
				t.Errorf("%s: none changed it", format)
			}
			data := picture(h, request.Request{Settings: request.Settings{Prompt: "a hare"}})
			if s, err := job.ReadSettings(bytes.NewReader(data)); err != nil || s.Input.Prompt != "a hare" {
				t.Errorf("%s: all has %+v, %v", format, s, err)
			}
			if j := h.run(h.order(request.Request{Settings: request.Settings{Prompt: "an owl"}}, "").ID); j.Images[0].SizeBytes != int64(len(h.bytes(j.Images[0].Key))) {
				t.Errorf("%s: the record says %d bytes", format, j.Images[0].SizeBytes)
			}
		})
	}
}
