package api

import (
	"net/http"

	"easel/shared/job"
	"easel/shared/request"
)

// modify changes the one member of a job that a client may change. The answer is the job as GET shows it.
func (t jobRoutes) modify(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	if err := t.media(r); err != nil {
		return err
	}
	data, leave, err := t.readBody(w, r, "A change of a job has one member.")
	if err != nil {
		return err
	}
	defer leave()
	starred, err := readStarred(data)
	if err != nil {
		return err
	}
	j, err := t.Submitter.Star(r.Context(), c, r.PathValue("id"), starred)
	if err != nil {
		return err
	}
	shown, err := t.Reader.Get(r.Context(), c, j.ID)
	if err != nil { // the change has happened
		return t.changed(w, r, http.StatusOK, j)
	}
	return answer(w, http.StatusOK, show(shown, t.base(r)))
}

const starExample = `{"starred": true}`

// readStarred reads the body of PATCH /jobs/{id}. It refuses what it would not heed.
func readStarred(data []byte) (starred bool, err error) {
	if err := object(data, starExample, "", ""); err != nil {
		return false, err
	}
	b, given := &body{}, false
	for name, raw := range each(data) {
		switch {
		case name != "starred":
			b.add(pointerTo(name), "%s cannot be changed; starred alone can. For another picture, submit a new job.", request.Clip(name))
		case given:
			b.add("/starred", "starred is there twice; keep one of them.")
		case string(raw) != "true" && string(raw) != "false":
			b.add("/starred", "starred must be true or false; it is %s.", kindOf(raw))
		default:
			starred = string(raw) == "true"
		}
		given = given || name == "starred"
	}
	if !given && len(b.fields) == 0 {
		b.add("/starred", "starred is missing; send "+starExample+".")
	}
	return starred, refuse(b.fields)
}
