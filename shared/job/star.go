package job

import "context"

// Star sets or takes off the star of a job, in whatever state it is. A starred job does not expire; a job that loses its
// star is kept for the retention from then on. Doing it again changes nothing. It returns an [*Error] of kind ErrNotFound
// or ErrUnavailable.
func (s *Submitter) Star(ctx context.Context, c Caller, id string, starred bool) (Job, error) {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	j, err = s.Change(ctx, j, func(j *Job) error {
		switch {
		case j.Deleting:
			return NotFound(j.ID)
		case j.Starred == starred:
			return ErrNoChange
		}
		j.Starred = starred
		return nil
	})
	return explain(j, err)
}
