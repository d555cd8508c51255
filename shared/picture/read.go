package picture

import (
	"bytes"
	"errors"
	"io"
)

const (
	maxText = 1 << 20  // bytes of settings; what [Write] is given is well below
	maxFile = 64 << 20 // bytes that are read of a file
)

// ErrNoSettings says that a file holds no settings.
var ErrNoSettings = errors.New("no settings in the picture")

// ReadSettings reads the settings of Easel from a file. The error is [ErrNoSettings] for a file without them, of another
// format or broken before them, or what reading returned.
func ReadSettings(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return nil, err
	}
	f, _ := parse(data) // what precedes the damage tells as well
	var text []byte
	for _, p := range f.parts {
		text = append(text, p.settings()...)
	}
	if len(text) == 0 || len(text) > maxText {
		return nil, ErrNoSettings
	}
	return text, nil
}

// settings are those of Easel that a part holds: a JPEG divides them among several.
func (p part) settings() []byte {
	if p.kind == easelChunk {
		return p.body
	}
	text, ok := bytes.CutPrefix(p.body, []byte(easelText))
	switch {
	case ok && p.kind == app10:
		return text
	case ok && p.kind == "tEXt":
		return utf8Of(text)
	case ok && p.kind == "iTXt":
		return bytes.TrimPrefix(text, make([]byte, 4)) // as textChunk writes it
	}
	return nil
}
