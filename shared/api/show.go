package api

import (
	"net/url"
	"strings"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/read"
	"easel/shared/request"
	"easel/shared/usd"
)

// show is a job as the API returns it, with addresses below base. Records have their times in UTC.
func show(s read.Shown, base string) Job {
	j := s.Job
	out := Job{
		ID: j.ID, Object: "job", Status: string(j.Status), Model: j.Model,
		Input: showInput(j.Input), Sent: showSent(j), Images: showImages(s, base),
		Attempts: j.Attempts, ModelCalls: j.Calls, Simulated: j.Simulated,
		Cost:    Cost{EstimatedUSD: usd.Number(j.Price), ListUSD: usd.Number(j.CostMicroUSD), PriceAsOf: j.PriceAsOf},
		Metrics: measure(j),
		BatchID: j.BatchID, CustomID: j.CustomID, Position: j.Position, User: j.User, Metadata: j.Metadata, Starred: j.Starred,
		CreatedAt: j.CreatedAt, CompletedAt: j.CompletedAt, Deadline: j.Deadline, ExpiresAt: j.ExpiresAt,
		Error: (*JobError)(j.Failure), Waiting: (*Waiting)(j.Waiting), URLs: addresses(base, j.ID),
	}
	if j.Status != job.Queued { // an attempt that was put back has not started anything
		out.StartedAt = j.StartedAt
	}
	return out
}

// listed is a page of what was found, as it is shown. Where that is nothing its data is [], not null.
func listed[S, T any](found []S, next string, as func(S, string) T, base string) List[T] {
	page := List[T]{Data: make([]T, 0, len(found)), HasMore: next != ""}
	if page.HasMore {
		page.NextCursor = &next
	}
	for _, one := range found {
		page.Data = append(page.Data, as(one, base))
	}
	return page
}

func showInput(in job.Input) Input {
	return Input{Settings: in.Settings, Image: showFile(in.Image), Parameters: in.Parameters, Mask: showFile(in.Mask)}
}

func showFile(i *job.InputImage) *InputImage {
	if i == nil {
		return nil
	}
	return &InputImage{ContentType: i.ContentType, Width: i.Width, Height: i.Height, SizeBytes: i.SizeBytes, SHA256: i.SHA256}
}

func showSent(j job.Job) Sent {
	out := Sent{
		Prompt: j.Sent.Prompt, NegativePrompt: j.Sent.NegativePrompt, AspectRatio: j.Sent.AspectRatio,
		Seed: j.Sent.Seed, OutputFormat: j.Sent.OutputFormat,
		StylePreset: j.Sent.StylePreset, Parameters: j.Sent.Parameters,
	}
	if m, _ := model.Find(j.Model); j.Input.Image != nil && m.TakesStrength(j.Sent.Parameters) {
		out.Strength = &j.Sent.Strength
	}
	return out
}

func showImages(s read.Shown, base string) []Image {
	out := make([]Image, 0, len(s.Links)) // an empty list is [], not null
	for n, link := range s.Links {
		img := s.Job.Images[n]
		out = append(out, Image{
			URL: absolute(base, link.URL), URLExpiresAt: link.Expires.UTC(), ContentType: img.ContentType, Width: img.Width, Height: img.Height,
			SizeBytes: img.SizeBytes, SHA256: img.SHA256, Seed: img.Seed,
		})
		if link.Thumbnail != "" {
			out[n].ThumbnailURL = new(absolute(base, link.Thumbnail))
		}
	}
	return out
}

// absolute is an address of a picture as clients need it. That of a picture which this server serves itself is a path, and
// begins as every other address in the answer does.
func absolute(base, address string) string {
	if strings.HasPrefix(address, "/") {
		return base + address
	}
	return address
}

func measure(j job.Job) (m Metrics) {
	switch {
	case j.StartedAt != nil && j.Status != job.Queued:
		m.QueueMS = between(j.QueuedAt, j.StartedAt)
		m.RunMS = between(*j.StartedAt, j.CompletedAt)
	case j.CompletedAt != nil: // ended without a start
		m.QueueMS = between(j.QueuedAt, j.CompletedAt)
	}
	return m
}

func between(from time.Time, to *time.Time) *int64 {
	if to == nil {
		return nil
	}
	return new(max(0, to.Sub(from).Milliseconds()))
}

func addresses(base, id string) URLs {
	self := base + jobPath(id)
	return URLs{Self: self, Image: self + "/image", Cancel: self + "/cancel", Retry: self + "/retry"}
}

// showParameters are a model's own settings with their limits.
func showParameters(m model.Model) (all []ParameterLimits) {
	for _, p := range m.Parameters {
		bounds := ParameterLimits{Name: p.Name, Type: p.Kind, Values: p.Values, MaxText: p.MaxText, Default: p.Default}
		switch p.Kind {
		case model.KindNumber, model.KindInteger, model.KindPrompts:
			bounds.Minimum, bounds.Maximum = &p.Min, &p.Max
		case model.KindImage:
			bounds.MaxBytes = m.Mask.MaxBytes
		}
		all = append(all, bounds)
	}
	return all
}

// showModel is an entry of the catalogue as the API returns it.
func showModel(m model.Model, standard string) Model {
	out := Model{
		ID: m.ID, Object: "model", Alias: m.Alias, Name: m.Name, Status: "current", Region: m.Region,
		Default: m.ID == standard, EndOfLife: m.EndOfLife, Successor: m.Successor,
	}
	if m.Retired() {
		out.Status = "retired"
	}
	if !m.Spoken() {
		return out
	}
	out.PriceUSD, out.PriceAsOf, out.RequestsPerMinute = usd.Number(m.PriceMicroUSD), m.PriceAsOf, m.RPM
	out.Parameters, out.MaxPrompt, out.MaxSeed = accepts(m), m.MaxPrompt, m.MaxSeed
	out.AspectRatios, out.OutputFormats, out.ParameterLimits = m.AspectRatios, m.Formats, showParameters(m)
	if in := m.Image; in != nil {
		out.Image = &ImageLimits{
			Types: in.Types, MaxBytes: request.MaxImageBytes, MinSide: in.MinSide, MaxPixels: in.MaxPixels,
			DefaultStrength: in.DefaultStrength, Sides: in.Sides,
		}
	}
	return out
}

func jobPath(id string) string { return "/jobs/" + url.PathEscape(id) }
