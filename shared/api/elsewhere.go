package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"easel/shared/job"
)

// elsewhere has a route with an ID say so where that is a batch's and not a job's, or the other way round. It costs a read,
// of a request that has failed already, and tells a caller of nothing that GET would not show.
func (s *Server) elsewhere(rt route) handler {
	return func(w http.ResponseWriter, r *http.Request, c job.Caller) error {
		err := rt.handle(w, r, c)
		if !errors.Is(err, job.ErrNotFound) {
			return err
		}
		id, now := r.PathValue("id"), job.Present(s.Reader.Now)
		if strings.HasPrefix(rt.path, "/batches/") {
			if j, not := job.FindJob(r.Context(), s.Reader.Records, c, id, now); not == nil && !j.Deleting {
				return NewProblem(http.StatusNotFound, "batch_not_found", fmt.Sprintf("There is no batch %q, but a job: GET %s shows it.", id, jobPath(id)))
			}
		} else if _, _, not := job.FindBatch(r.Context(), s.Reader.BatchRecords, c, id, now); not == nil {
			return NewProblem(http.StatusNotFound, "job_not_found",
				fmt.Sprintf("There is no job %q, but a batch: GET %s shows it, and GET /jobs?batch_id=%[1]s its jobs.", id, batchPath(id)))
		}
		return err
	}
}
