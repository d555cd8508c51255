package template

import "math/big"

// ways counts the ordered choices of lower to upper different options, each with all of its texts.
func (l *library) ways(s *set, lower, upper int) (*big.Int, error) {
	if s.even != nil {
		return l.evenly(s, lower, upper)
	}
	sums, err := l.symmetric(s, upper)
	if err != nil {
		return nil, err
	}
	all, orders := new(big.Int), big.NewInt(1)
	for n, sum := range sums {
		if n > 0 {
			orders.Mul(orders, big.NewInt(int64(n)))
		}
		if n >= lower {
			all.Add(all, new(big.Int).Mul(sum, orders))
		}
	}
	return all, nil
}

// evenly counts options of c texts each: n(n-1)...(n-k+1) orders of k, times c^k.
func (l *library) evenly(s *set, lower, upper int) (*big.Int, error) {
	all, term := new(big.Int), big.NewInt(1)
	for n := range upper + 1 {
		if n > 0 {
			if err := l.spend(100 + len(term.Bits())*len(s.even.Bits())); err != nil {
				return nil, err
			}
			term.Mul(term, s.even)
			term.Mul(term, big.NewInt(int64(len(s.options)-n+1)))
		}
		if n >= lower {
			all.Add(all, term)
		}
	}
	return all, nil
}

// symmetric returns for each number of options, up to the upper one, the sum over all choices of so many of the products
// of their counts: the elementary symmetric polynomials, built up option by option.
func (l *library) symmetric(s *set, upper int) ([]*big.Int, error) {
	sums := make([]*big.Int, upper+1)
	for i := range sums {
		sums[i] = new(big.Int)
	}
	sums[0].SetInt64(1)
	product := new(big.Int)
	for _, o := range s.options {
		count := o.about().count
		for n := upper; n > 0; n-- {
			if err := l.spend(100 + (len(sums[n-1].Bits())+1)*len(count.Bits())); err != nil {
				return nil, err
			}
			sums[n].Add(sums[n], product.Mul(sums[n-1], count))
		}
	}
	return sums, nil
}
