package job

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"

	"easel/shared/model"
)

// embed writes the prompt and the settings into a PNG, as image tools look for them: under the key
// "parameters" in the form that most of them read, and under "easel" as JSON. Other formats, files that
// carry a C2PA manifest (which any change would break) and files that do not parse stay untouched.
func embed(data []byte, j Job, seed int64, h model.Header) []byte {
	const signature, header = 8, 25 // bytes before the first chunk after IHDR
	if h.Format != "png" || !plain(data[signature:]) {
		return data
	}
	settings, _ := json.Marshal(settingsOf(j)) // strings and numbers cannot fail
	out := make([]byte, 0, len(data)+len(settings)+len(j.Sent.Prompt)+256)
	out = append(out, data[:signature+header]...)
	out = append(out, textChunk("parameters", parameters(j, seed, h))...)
	out = append(out, textChunk(settingsKey, string(settings))...)
	return append(out, data[signature+header:]...)
}

// plain reports whether the chunks are whole, begin with IHDR and hold no C2PA manifest.
func plain(chunks []byte) bool {
	for first := true; len(chunks) > 0; first = false {
		if len(chunks) < 12 {
			return false
		}
		size, kind := binary.BigEndian.Uint32(chunks), string(chunks[4:8])
		if first != (kind == "IHDR") || kind == "caBX" || uint64(size)+12 > uint64(len(chunks)) {
			return false
		}
		if kind == "IEND" {
			return true
		}
		chunks = chunks[12+size:]
	}
	return false
}

// parameters is the text that image tools agree on: the prompt, the negative prompt, and a last line
// with at least three pairs.
func parameters(j Job, seed int64, h model.Header) string {
	var b strings.Builder
	b.WriteString(j.Sent.Prompt)
	if j.Sent.NegativePrompt != "" {
		b.WriteString("\nNegative prompt: " + j.Sent.NegativePrompt)
	}
	fmt.Fprintf(&b, "\nSeed: %d, Size: %dx%d, Model: %s", seed, h.Width, h.Height, j.Model)
	return b.String()
}

// textChunk is a tEXt chunk where Latin-1 suffices and an uncompressed iTXt chunk otherwise.
func textChunk(key, text string) []byte {
	kind, body := "tEXt", append([]byte(key), 0)
	if latin, ok := latin1(text); ok {
		body = append(body, latin...)
	} else {
		kind, body = "iTXt", append(body, 0, 0, 0, 0) // not compressed, no language, no translated key
		body = append(body, text...)
	}
	var out bytes.Buffer
	_ = binary.Write(&out, binary.BigEndian, uint32(len(body))) // a buffer takes everything
	out.WriteString(kind)
	out.Write(body)
	_ = binary.Write(&out, binary.BigEndian, crc32.ChecksumIEEE(out.Bytes()[4:]))
	return out.Bytes()
}

func latin1(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r == 0 || r > 0xff {
			return nil, false
		}
		out = append(out, byte(r))
	}
	return out, true
}
