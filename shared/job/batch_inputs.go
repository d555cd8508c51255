package job

import (
	"context"
	"maps"
	"slices"
)

// inputsAtOnce is how many input images of a batch are stored at a time.
const inputsAtOnce = 8

// storeInputs keeps the images that rows start from, before the records that name them: each image of a request once,
// beside the batch.
func (p *batchPlan) storeInputs(ctx context.Context, inputs Inputs) error {
	data := map[string][]byte{}
	name := func(image []byte) string {
		key := InputKey(p.batch.ID) + "/" + HashOf(image)
		if image != nil {
			data[key] = image
		}
		return key
	}
	for _, r := range p.rows {
		if r.action == create {
			r.job.Input.Image = describe(name(r.input.Image), r.input.Image, r.heads.Image)
			r.job.Input.Mask = describe(name(r.input.Mask), r.input.Mask, r.heads.Mask)
		}
	}
	keys := slices.Collect(maps.Keys(data))
	return Parallel(len(keys), inputsAtOnce, func(n int) error { return inputs.PutInput(ctx, keys[n], data[keys[n]]) })
}
