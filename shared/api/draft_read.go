package api

import (
	"net/http"

	"easel/shared/job"
)

// draft reads the body and the query of an order for many jobs; those of an append leave the batch open unless they say
// otherwise.
func (t batchRoutes) draft(w http.ResponseWriter, r *http.Request) (*draft, error) {
	k, err := t.kind(r)
	if err != nil {
		return nil, err
	}
	data, leave, err := t.readBody(w, r, "Send fewer jobs at a time, and append the rest with POST /batches/{id}/jobs.")
	if err != nil {
		return nil, err
	}
	defer leave()
	if k, err = k.look(data); err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	d := &draft{
		check: t.Submitter.Check, standard: t.standard, faults: faults{lined: !k.json},
		batch: job.BatchRequest{BatchID: id, Open: id != ""},
	}
	queryReader{asked(r), d}.read()
	if err := d.read(data, k); err != nil {
		return nil, err
	}
	return d, nil
}

// read reads the body and makes lines for the core of it.
func (d *draft) read(data []byte, k bodyKind) error {
	var err error
	if k.json {
		err = d.readJSON(data)
	} else {
		err = d.readLines(data, k)
	}
	if err != nil {
		return err
	}
	if err := d.refusal(); err != nil {
		return err
	}
	if len(d.rows) == 0 && !d.faults.lined && d.batch.BatchID == "" && d.batch.Open {
		return nil
	}
	if len(d.rows) == 0 {
		d.faults.add(ProblemField{Detail: d.nothing()})
		return d.refusal()
	}
	return d.multiply()
}

func (d *draft) nothing() string {
	if d.faults.lined {
		return "The body holds no prompt. Send a prompt on each line, a CSV with a header and rows, or a JSON object on each line."
	}
	if d.batch.BatchID != "" {
		return "The order holds no job. Give jobs, prompts or a template, such as " + orderExample + "."
	}
	return "The order holds no job. Give jobs, prompts or a template, such as " + orderExample + `; or "open": true for a batch to which jobs are appended later.`
}

// tooMany is the answer to more jobs than one request takes, with what to do about it.
func (d *draft) tooMany(detail string) error {
	next := " Send a part of them with open, and append the rest with POST /batches/{id}/jobs."
	if d.batch.BatchID != "" {
		next = " Append them with several requests."
	}
	return NewProblem(http.StatusUnprocessableEntity, "too_many_jobs", detail+next)
}
