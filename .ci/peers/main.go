// Peers runs Easel's engine and River, a job queue of the same language on the same SQLite, in turn on this machine, and
// prints how many jobs a second each works that were recorded before.
//
// River's jobs do nothing. Each of Easel's stores a picture of 64 by 64 points with what is known of it. Both write into
// TMPDIR, with a write-ahead log. It is a module of its own, which keeps River out of Easel's go.sum.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// jobs is how many are recorded before a worker begins. Easel's benchmark has the same number.
const jobs = 10_000

func main() {
	test := flag.String("easel", "", "the compiled tests of shared/local")
	turns := flag.Int("turns", 3, "how often both run")
	flag.Parse()
	if err := compare(context.Background(), *test, *turns); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, test string, turns int) error {
	fmt.Printf("%d jobs recorded first, worked afterwards; jobs a second, by turn\n%8s  %-28s %-28s %s\n", jobs, "workers", "River", "Easel", "ratio of the medians")
	for _, workers := range []int{8, 32, 128} {
		var theirs, ours []float64
		for range turns {
			r, err := runRiver(ctx, workers)
			if err != nil {
				return fmt.Errorf("run River with %d workers: %w", workers, err)
			}
			e, err := runEasel(ctx, test, workers)
			if err != nil {
				return fmt.Errorf("run Easel with %d workers: %w", workers, err)
			}
			theirs, ours = append(theirs, r), append(ours, e)
		}
		fmt.Printf("%8d  %-28s %-28s %.2f\n", workers, list(theirs), list(ours), median(ours)/median(theirs))
	}
	return nil
}

func list(rates []float64) (s string) {
	for _, r := range rates {
		s += fmt.Sprintf("%.0f ", r)
	}
	return s
}

func median(rates []float64) float64 {
	sorted := slices.Sorted(slices.Values(rates))
	return sorted[len(sorted)/2]
}

var rate = regexp.MustCompile(`([0-9.]+) jobs/s`)

// runEasel runs the benchmark of the engine, which is a process of its own, and reads its figure.
func runEasel(ctx context.Context, test string, workers int) (float64, error) {
	pattern := fmt.Sprintf("^BenchmarkWorked$/^%d$", workers)
	out, err := exec.CommandContext(ctx, test, "-test.run=^$", "-test.bench="+pattern, "-test.benchtime=1x").CombinedOutput()
	found := rate.FindSubmatch(out)
	if err != nil || found == nil {
		return 0, fmt.Errorf("no figure (%w):\n%s", err, out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// runRiver works jobs in a file of its own and returns how many a second.
func runRiver(ctx context.Context, workers int) (float64, error) {
	dir, err := os.MkdirTemp("", "peers")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	q, err := openRiver(ctx, filepath.Join(dir, "river.db"), workers)
	if err != nil {
		return 0, err
	}
	defer q.pool.Close()
	if err := q.record(ctx); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := q.work(ctx); err != nil {
		return 0, err
	}
	return jobs / time.Since(began).Seconds(), q.expect(ctx)
}
