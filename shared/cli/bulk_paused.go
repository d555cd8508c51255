package cli

import (
	"context"
	"errors"
	"fmt"

	"easel/shared/bulk"
)

// paused is a run that did not come to its end.
type paused struct {
	cause error
	back  string
	sent  bool
	alone bool // the server was the command's own, and has stopped
}

// Error says what stopped it. How to go on is added where it is told.
func (p *paused) Error() string { return p.cause.Error() }

// Unwrap makes it known as what stopped it.
func (p *paused) Unwrap() error { return p.cause }

// explain says how to go on, where that is not to mend something first.
func (p *paused) explain(a *app) string {
	if errors.Is(p.cause, context.Canceled) {
		if !p.sent {
			return "interrupted; nothing was sent."
		}
		if p.alone {
			return "interrupted. Nothing runs now; the same command goes on where it was: " + p.back
		}
		return "interrupted. What was sent goes on where the server does. Go on with: " + p.back
	}
	text := a.explain(p.cause)
	if _, gave := errors.AsType[*gaveUp](p.cause); gave && p.alone {
		text += "\nNothing runs now."
	}
	if _, gone := errors.AsType[*bulk.GoneError](p.cause); gone || p.sent {
		text += "\nWhat is made is not paid again. Go on with: " + p.back
	}
	return text
}

// beyond is a plan that costs more than --max-cost.
type beyond struct{ *bulk.OverMaxError }

// Error adds the flag that helps.
func (b *beyond) Error() string {
	text := b.OverMaxError.Error() + ". Nothing new was sent."
	if b.Fits > 0 {
		return fmt.Sprintf("%s Make these with --limit %d, or raise --max-cost", text, b.Limit)
	}
	return text + " Raise --max-cost"
}

// Unwrap makes it known.
func (b *beyond) Unwrap() error { return b.OverMaxError }
