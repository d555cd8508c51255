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

// Gather makes n calls as [Parallel] does, and returns what those came to that say so, in their order.
func Gather[T any](n, atOnce int, call func(n int) (one T, is bool, err error)) (all []T, err error) {
	ones, are := make([]T, n), make([]bool, n)
	err = Parallel(n, atOnce, func(n int) (err error) {
		ones[n], are[n], err = call(n)
		return err
	})
	for n, is := range are {
		if is {
			all = append(all, ones[n])
		}
	}
	return all, err
}
