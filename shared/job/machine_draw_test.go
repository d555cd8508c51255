package job_test

import (
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"easel/shared/request"
)

// command is one thing that happens. Which fields count depends on what it does.
type command struct {
	do     string
	which  int // of the jobs, of the workers that stand, or of the messages that were seen
	body   int // of the requests
	other  bool
	stop   stop
	answer string
	pass   time.Duration
	times  int
}

// stop is where a worker stands still until it is released or dies: before or after the nth call of an
// operation, or in the model call.
type stop struct {
	when string
	op   string
	nth  int
}

func script(commands []command) string {
	var b strings.Builder
	for _, c := range commands {
		fmt.Fprintf(&b, "\t%+v,\n", c)
	}
	return b.String()
}

var (
	stops = []stop{
		{},
		{},
		{"in", "generator.generate", 1},
		{"in", "generator.generate", 1},
		{"before", "records.get", 1},
		{"before", "images.stat", 1},
		{"before", "pacer.reserve", 1},
		{"before", "records.update", 1},
		{"after", "records.update", 1},
		{"before", "images.put", 1},
		{"after", "images.put", 1},
		{"before", "records.update", 2},
		{"after", "records.update", 2},
		{"before", "queue.send", 1},
	}
	answers = []string{"picture", "picture", "throttled", "outage", "access", "filtered", "refused", "unsure"}
	passes  = []time.Duration{time.Second, 10 * time.Second, time.Minute, 4 * time.Minute, 20 * time.Minute, time.Hour}
	arms    = []string{
		"creator.create", "records.get", "records.update", "records.update", "queue.send", "images.put", "images.stat", "images.delete",
		"timers.fired", "timers.dispatched", "eraser.erase", "pacer.reserve", "store.pace", "store.setpace",
		"batches.getbatch", "batches.amend", "batches.amend", "batcheraser.erasebatch", "days.spent", "finder.find",
	}
	deeds = []string{
		"submit", "submit", "deliver", "deliver", "deliver", "deliver", "repeat", "repeat", "release", "release", "release", "crash", "crash",
		"pass", "pass", "pass", "sweep", "sweep", "cancel", "cancel", "retry", "retry", "delete", "arm", "restart",
		"batch", "batch", "append", "cancel batch", "cancel batch", "retry batch", "seal batch", "delete batch", "expire",
	}
)

func draw(r *rapid.T) command {
	c := command{do: rapid.SampledFrom(deeds).Draw(r, "do")}
	switch c.do {
	case "submit":
		c.which, c.body = rapid.IntRange(0, 3).Draw(r, "key"), rapid.IntRange(0, len(bodies)-1).Draw(r, "body")
		c.other = rapid.IntRange(0, 9).Draw(r, "other") == 9
	case "deliver":
		c.stop, c.answer = rapid.SampledFrom(stops).Draw(r, "stop"), rapid.SampledFrom(answers).Draw(r, "answer")
	case "repeat":
		c.which, c.times = rapid.IntRange(0, 3).Draw(r, "message"), rapid.SampledFrom([]int{0, 0, 0, 0, -1, 1}).Draw(r, "later")
		c.stop, c.answer = rapid.SampledFrom(stops).Draw(r, "stop"), rapid.SampledFrom(answers).Draw(r, "answer")
	case "release":
		c.which, c.answer = rapid.IntRange(0, 2).Draw(r, "worker"), rapid.SampledFrom(answers).Draw(r, "answer")
		c.stop = rapid.SampledFrom([]stop{{}, {}, {}, {"after", "images.put", 1}, {"before", "records.update", 2}}).Draw(r, "stop")
	case "crash":
		c.which = rapid.IntRange(0, 2).Draw(r, "worker")
	case "pass":
		c.pass = rapid.SampledFrom(passes).Draw(r, "pass")
	case "cancel", "retry", "delete":
		c.which, c.other = rapid.IntRange(0, 3).Draw(r, "job"), rapid.IntRange(0, 9).Draw(r, "other") == 9
	case "batch", "append":
		c.which, c.body, c.times = rapid.IntRange(0, 3).Draw(r, "key"), rapid.IntRange(0, len(bodies)-1).Draw(r, "body"), rapid.IntRange(1, 3).Draw(r, "rows")
		c.other = rapid.IntRange(0, 2).Draw(r, "bound") == 0
	case "cancel batch", "retry batch", "seal batch", "delete batch":
		c.which = rapid.IntRange(0, 2).Draw(r, "batch")
	case "arm":
		c.stop.op, c.stop.when = rapid.SampledFrom(arms).Draw(r, "op"), rapid.SampledFrom([]string{"before", "after"}).Draw(r, "when")
		c.times = rapid.SampledFrom([]int{1, 2, 9}).Draw(r, "times")
	}
	return c
}

// bodies are the requests that commands order.
var bodies = []request.Request{
	{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: new(1)},
	{Settings: request.Settings{Prompt: "a wolf"}},
	{Settings: request.Settings{Prompt: "a bear"}, MaxModelCalls: new(3), DeadlineSeconds: new(300)},
}
