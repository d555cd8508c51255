package bulk

import (
	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/upright"
)

// turn has the images of a row upright before anything is made of the row.
func (s *Source) turn(row *prompt.Row) error {
	for at, image := range map[string]*[]byte{"/image": &row.Request.Image, "/parameters/mask_image": &row.Request.Mask} {
		out, turned, err := upright.Turn(*image)
		if err != nil {
			return &prompt.LineError{Line: row.Line, Fields: []job.FieldError{job.Faulty(at, "is %s", job.Found(err.Error()))}}
		}
		if turned {
			*image = out
			s.hints.turned++
		}
	}
	return nil
}
