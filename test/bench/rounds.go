package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// most bounds a bar: what it has by then must be enough.
const (
	most  = 60 * time.Second
	least = 3 // rounds that are kept
)

// samples are the values of one contender, a value a round.
type samples []float64

// contender is one side of a comparison: run gives the value of one round.
type contender struct {
	name string
	run  func(ctx context.Context) (float64, error)
}

// interleave lets the contenders run one after the other, round after round, so
// that what else the machine does hits all of them alike. The first round is
// dropped; samples of the same index belong to the same round.
func interleave(ctx context.Context, rounds int, contenders []contender) (map[string]samples, error) {
	out := map[string]samples{}
	began := time.Now()
	for round := range rounds + 1 {
		if round > least && time.Since(began) > most {
			break
		}
		for _, c := range contenders {
			value, err := c.run(ctx)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				out[c.name] = append(out[c.name], value)
			}
		}
	}
	return out, nil
}

// over divides round by round.
func (s samples) over(by samples) samples {
	out := make(samples, min(len(s), len(by)))
	for i := range out {
		out[i] = s[i] / by[i]
	}
	return out
}

// plus adds round by round.
func (s samples) plus(other samples) samples {
	out := make(samples, min(len(s), len(other)))
	for i := range out {
		out[i] = s[i] + other[i]
	}
	return out
}

// minus subtracts round by round.
func (s samples) minus(by samples) samples {
	out := make(samples, min(len(s), len(by)))
	for i := range out {
		out[i] = s[i] - by[i]
	}
	return out
}

// spread is the median of samples, with what they range over.
type spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

func (s samples) spread() spread {
	if len(s) == 0 {
		return spread{}
	}
	return spread{Median: s.quantile(0.5), Min: slices.Min(s), Max: slices.Max(s)}
}

// quantile gives a value that the share q of the samples does not exceed; the
// median of an even number is the mean of the two in the middle.
func (s samples) quantile(q float64) float64 {
	if len(s) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(s))
	if n := len(sorted); q == 0.5 && n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
