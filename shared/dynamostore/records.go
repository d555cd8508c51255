package dynamostore

import (
	"context"
	"fmt"

	"easel/shared/job"
)

// longestID is what the keys of the indexes have room for. Easel's own IDs have 36 bytes.
const longestID = 512

// possible reports whether a job can have the ID. DynamoDB refuses the others, but whoever asks for them asks for a job
// that is not there.
func possible(id string) bool { return id != "" && len(id) <= longestID }

// Get implements job.Records by a consistent read.
func (s *Store) Get(ctx context.Context, id string) (job.Job, error) {
	j, err := s.get(ctx, id)
	if err != nil {
		return job.Job{}, fmt.Errorf("get job %.*s: %w", longestID, id, err)
	}
	return j, nil
}

func (s *Store) get(ctx context.Context, id string) (job.Job, error) {
	if !possible(id) {
		return job.Job{}, job.ErrNotFound
	}
	out, err := s.client.GetItem(ctx, s.getItem(id))
	if err != nil {
		return job.Job{}, plain(err)
	}
	if len(out.Item) == 0 {
		return job.Job{}, job.ErrNotFound
	}
	return decode(out.Item)
}

// Update implements job.Records by one conditional write. Attributes of the stored record that this program does not
// know are left alone. Where the SDK repeated a write whose reply was lost, the conflict returns that very write.
func (s *Store) Update(ctx context.Context, j job.Job) (job.Job, error) {
	stored, err := s.update(ctx, j)
	if err != nil {
		err = fmt.Errorf("update job %.*s from version %d: %w", longestID, j.ID, j.Version, err)
	}
	return stored, err
}

func (s *Store) update(ctx context.Context, j job.Job) (job.Job, error) {
	if !possible(j.ID) {
		return job.Job{}, job.ErrNotFound
	}
	in, err := s.updateItem(j)
	if err != nil {
		return job.Job{}, err
	}
	if _, err = s.client.UpdateItem(ctx, in); err != nil {
		return conflict(err)
	}
	j.Version++
	return j, nil
}

// Erase implements job.Eraser.
func (s *Store) Erase(ctx context.Context, id string, version int64) error {
	err := job.ErrNotFound
	if possible(id) {
		_, err = s.client.DeleteItem(ctx, s.deleteItem(id, version))
	}
	if err == nil {
		return nil
	}
	_, err = conflict(err)
	return fmt.Errorf("erase job %.*s at version %d: %w", longestID, id, version, err)
}

// conflict tells what a failed write means: the record that is there under another version, none, or another error.
func conflict(err error) (job.Job, error) {
	it, failed := obstacle(err)
	if !failed {
		return job.Job{}, plain(err)
	}
	if len(it) == 0 {
		return job.Job{}, job.ErrNotFound
	}
	j, err := decode(it)
	if err != nil {
		return job.Job{}, err
	}
	return j, job.ErrConflict
}
