package view

import (
	"math"
	"strconv"
	"time"
)

// niceStep gives the least of 1, 2, 5, 10 … that cuts a range into at most so many parts.
func niceStep(span float64, parts int) float64 {
	if span <= 0 || parts < 1 {
		return 1
	}
	raw := span / float64(parts)
	base := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range [...]float64{1, 2, 5} {
		if f*base >= raw*0.999999 {
			return f * base
		}
	}
	return 10 * base
}

// valueTicks gives the values that an axis of so many pixels names, and the step between them: two at least where they have room,
// and none nearer to another than its text allows.
func valueTicks(low, high float64, h float32) (ticks []float64, step float64) {
	const least = 12
	want := 1
	if h >= 2*least {
		want = 2
	}
	for parts := max(1, min(8, int(h/18))); ; parts++ {
		step = niceStep(high-low, parts)
		ticks = ticks[:0]
		for v := math.Ceil(low/step) * step; v <= high && len(ticks) < 50; v += step {
			ticks = append(ticks, v)
		}
		if len(ticks) >= want || parts >= 16 {
			break
		}
	}
	if every := int(math.Ceil(least / (step / (high - low) * float64(h)))); every > 1 {
		spaced := ticks[:0]
		for i := 0; i < len(ticks); i += every {
			spaced = append(spaced, ticks[i])
		}
		ticks = spaced
	}
	return ticks, step
}

// tickText writes a value of an axis with the digits that its step needs.
func tickText(v, step float64) string {
	if a := math.Abs(v); a >= 1e6 || a > 0 && step < 1e-4 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	digits := max(0, int(math.Ceil(-math.Log10(step)-1e-9)))
	if v == 0 || math.Abs(v) < step/1000 {
		v = 0 // not -0
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

var timeSteps = [...]time.Duration{
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// timeTicks gives the moments that an axis names, at most so many, and how to write them.
func timeTicks(from, to time.Time, most int, zone *time.Location) (ticks []time.Time, format string) {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if to.Sub(from) <= s*time.Duration(max(1, most)) {
			step = s
			break
		}
	}
	switch {
	case step < time.Second:
		format = "15:04:05.00"
	case step < time.Minute:
		format = "15:04:05"
	case step < 24*time.Hour:
		format = "15:04"
	default:
		format = "Jan 2"
	}
	_, offset := from.In(zone).Zone()
	shift := time.Duration(offset) * time.Second
	for t := from.Add(shift).Truncate(step).Add(-shift); !t.After(to) && len(ticks) <= 4*most+4; t = t.Add(step) {
		if !t.Before(from) {
			ticks = append(ticks, t)
		}
	}
	return ticks, format
}
