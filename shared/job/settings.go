package job

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
)

// Settings are what a picture says of how it was made. With them a picture whose record is lost is still known.
type Settings struct {
	Job       string `json:"job"`                 // ID
	Model     string `json:"model"`               // catalogue ID
	Simulated bool   `json:"simulated,omitempty"` // the simulator drew it
	Input     Input  `json:"input"`               // as the client gave it; of images the hashes alone
	Sent
}

func settingsOf(j Job) Settings {
	in := j.Input
	in.Image, in.Mask = in.Image.nameless(), in.Mask.nameless()
	return Settings{Job: j.ID, Model: j.Model, Simulated: j.Simulated, Input: in, Sent: j.Sent}
}

// settingsKey is the keyword of the text that holds the settings.
const settingsKey = "easel"

// maxText bounds the text that is read from a picture, in bytes. The longest prompts that a job takes are well below.
const maxText = 1 << 20

// ErrNoSettings says that a picture does not tell how it was made.
var ErrNoSettings = errors.New("no settings in the picture")

// ReadSettings reads the settings of a PNG from its beginning, as far as the pixels and no further. The error is
// [ErrNoSettings] for a picture without them, in another format or broken, or what reading returned.
func ReadSettings(png io.Reader) (Settings, error) {
	var head [8]byte
	if err := readAll(png, head[:]); err != nil || string(head[:]) != "\x89PNG\r\n\x1a\n" {
		return Settings{}, unlessRead(err)
	}
	for {
		if err := readAll(png, head[:]); err != nil {
			return Settings{}, unlessRead(err)
		}
		size, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if kind == "IDAT" || kind == "IEND" || size > maxText {
			return Settings{}, ErrNoSettings
		}
		body := make([]byte, size+4) // with the checksum
		if err := readAll(png, body); err != nil {
			return Settings{}, unlessRead(err)
		}
		if s, ok := settingsIn(kind, body[:size]); ok {
			return s, nil
		}
	}
}

func readAll(r io.Reader, into []byte) error {
	_, err := io.ReadFull(r, into)
	return err
}

// unlessRead is ErrNoSettings for a file that ends early, or that was read.
func unlessRead(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrNoSettings
	}
	return err
}

// settingsIn reads the text of a chunk that textChunk wrote.
func settingsIn(kind string, body []byte) (s Settings, ok bool) {
	key, text, found := bytes.Cut(body, []byte{0})
	if !found || string(key) != settingsKey {
		return s, false
	}
	switch kind {
	case "tEXt":
		text = utf8Of(text)
	case "iTXt":
		if len(text) < 4 || !bytes.Equal(text[:4], make([]byte, 4)) {
			return s, false
		}
		text = text[4:]
	default:
		return s, false
	}
	return s, json.Unmarshal(text, &s) == nil && s.Job != ""
}

// utf8Of turns Latin-1 into UTF-8.
func utf8Of(latin []byte) []byte {
	runes := make([]rune, len(latin))
	for n, b := range latin {
		runes[n] = rune(b)
	}
	return []byte(string(runes))
}
