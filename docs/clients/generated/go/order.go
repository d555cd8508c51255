// The command order is a program on what oapi-codegen makes of openapi.yaml: it orders a picture, waits for it and saves
// it, shows what is wrong with another order, then orders two pictures at once and asks what a CSV would cost.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"example.com/easel-generated/easel"
)

func main() {
	if err := order(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func order(ctx context.Context, address, key, file string) error {
	bearer := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	}
	client, err := easel.NewClientWithResponses(address, easel.WithRequestEditorFn(bearer))
	if err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return one(ctx, client, file) },
		func() error { return refused(ctx, client) },
		func() error { return two(ctx, client) },
		func() error { return plan(ctx, client) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func one(ctx context.Context, client *easel.ClientWithResponses, file string) error {
	ordered, err := client.SubmitJobWithResponse(ctx, &easel.SubmitJobParams{IdempotencyKey: new("one fox")}, easel.JobRequest{
		Prompt: "a red fox in the snow", Seed: new(int64(7)), OutputFormat: new(easel.Png), Metadata: &easel.Metadata{"project": "atlas"},
	})
	if err != nil {
		return err
	}
	job := cmp.Or(ordered.JSON202, ordered.JSON200)
	for job != nil && (job.Status == easel.StatusQueued || job.Status == easel.StatusRunning) {
		seen, err := client.GetJobWithResponse(ctx, job.Id.String(), &easel.GetJobParams{Wait: new(10)})
		if err != nil {
			return err
		}
		job = seen.JSON200
	}
	if job == nil {
		return errors.New("there is no job")
	}
	fmt.Printf("%s, seed %d, %v USD\n", job.Status, job.Sent.Seed, job.Cost.ListUsd)
	picture, err := client.GetImageWithResponse(ctx, job.Id.String(), nil)
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture.Body, 0o644)
}

func refused(ctx context.Context, client *easel.ClientWithResponses) error {
	answer, err := client.SubmitJobWithResponse(ctx, nil, easel.JobRequest{Prompt: "a fox", AspectRatio: new("4:3"), Seed: new(int64(-1))})
	if err != nil {
		return err
	}
	problem := answer.ApplicationproblemJSON422
	if problem == nil || problem.Errors == nil {
		return errors.New(answer.Status())
	}
	for _, fault := range *problem.Errors {
		fmt.Printf("%d at %s\n", problem.Status, *fault.Pointer)
	}
	return nil
}

func two(ctx context.Context, client *easel.ClientWithResponses) error {
	var most easel.BatchRequest_MaxCostUsd
	if err := most.FromBatchRequestMaxCostUsd0(0.5); err != nil {
		return err
	}
	answer, err := client.CreateBatchWithResponse(ctx, &easel.CreateBatchParams{IdempotencyKey: new("two foxes")}, easel.BatchRequest{
		MaxCostUsd: &most, Defaults: &easel.JobSettings{AspectRatio: new("3:2")},
		Jobs: &[]easel.JobSettings{{Prompt: new("a red fox")}, {Prompt: new("a white fox"), Model: new("ultra")}},
	})
	if err != nil {
		return err
	}
	if answer.JSON202 == nil {
		return errors.New(answer.Status())
	}
	fmt.Printf("batch of %d, %v USD\n", answer.JSON202.Counts.Total, answer.JSON202.Cost.EstimatedUsd)
	return nil
}

func plan(ctx context.Context, client *easel.ClientWithResponses) error {
	lines := strings.NewReader("prompt,model\na red fox,core\na white fox,ultra\n")
	answer, err := client.CreateBatchWithBodyWithResponse(ctx, &easel.CreateBatchParams{DryRun: new(true)}, "text/csv", lines)
	if err != nil {
		return err
	}
	if answer.JSON200 == nil {
		return errors.New(answer.Status())
	}
	planned, err := answer.JSON200.AsPlan()
	if err != nil {
		return err
	}
	fmt.Printf("plan of %d, %v USD\n", planned.Lines, planned.CostUsd)
	return nil
}
