package bulk

import (
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/upright"
)

// turn has the images of a row upright before anything is made of the row.
func (s *Source) turn(row *prompt.Row) error {
	for at, image := range map[string]*[]byte{"/image": &row.Request.Image, "/parameters/mask_image": &row.Request.Mask} {
		out, turned, err := upright.Turn(*image)
		if err != nil {
			return &prompt.LineError{Line: row.Line, Fields: []request.FieldError{request.Faulty(at, "is %s", request.Found(err.Error()))}}
		}
		if turned {
			*image = out
			s.hints.turned++
		}
	}
	return nil
}
