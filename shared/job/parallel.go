package job

import (
	"errors"
	"sync"
)

// Parallel makes n calls, so many at a time, and joins their errors.
func Parallel(n, atOnce int, call func(n int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs error
	slots := make(chan struct{}, atOnce)
	for n := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := call(n)
			mu.Lock()
			defer mu.Unlock()
			errs = errors.Join(errs, err)
		})
	}
	wg.Wait()
	return errs
}
