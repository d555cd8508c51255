package job

import (
	"encoding/json"
	"io"

	"easel/shared/picture"
)

// Settings are what a picture says of how it was made. With them a picture whose record is lost is still known.
type Settings struct {
	Job       string `json:"job"`                 // ID
	Model     string `json:"model"`               // catalogue ID
	Simulated bool   `json:"simulated,omitempty"` // the simulator drew it
	Input     Input  `json:"input"`               // as the client gave it; of images the hashes alone
	Sent
}

// SettingsOf is what a file says of the job that made it.
func SettingsOf(j Job) Settings {
	in := j.Input
	in.Image, in.Mask = in.Image.nameless(), in.Mask.nameless()
	return Settings{Job: j.ID, Model: j.Model, Simulated: j.Simulated, Input: in, Sent: j.Sent}
}

// ErrNoSettings says that a picture does not tell how it was made.
var ErrNoSettings = picture.ErrNoSettings

// ReadSettings reads the settings of a PNG, JPEG or WebP. The error is [ErrNoSettings] for a picture without them, or what
// reading returned.
func ReadSettings(image io.Reader) (Settings, error) {
	var s Settings
	text, err := picture.ReadSettings(image)
	if err != nil {
		return s, err
	}
	if json.Unmarshal(text, &s) != nil || s.Job == "" {
		return Settings{}, ErrNoSettings
	}
	return s, nil
}
