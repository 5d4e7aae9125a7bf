package view_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coapscope/session/trace"
	"coapscope/ui/view"
)

var seriesStart = time.Unix(1_700_000_000, 0)

func second(n float64) time.Time { return seriesStart.Add(time.Duration(n * float64(time.Second))) }

// A million samples are kept in little, and nothing of their bounds is lost.
func TestSeriesOfAMillion(t *testing.T) {
	var s view.Series
	const n = 1_000_000
	for i := range n {
		v := math.Sin(float64(i) / 1000)
		if i == 123_456 {
			v = 77
		}
		s.Add(view.Sample{At: second(float64(i) / 100), Value: v, Frame: trace.Seq(i + 1)})
	}
	kept := 0
	s.Each(func(view.Sample) bool { kept++; return true })
	if s.Len() != n || kept > 20_000 {
		t.Errorf("%d samples, %d kept", s.Len(), kept)
	}
	st := s.Stats(second(0), second(n/100))
	if st.N != n || st.High != 77 || st.Low > -0.999 || st.Interval != 10*time.Millisecond || st.Jitter > time.Microsecond {
		t.Errorf("%+v", st)
	}
	strokes := s.Strokes(nil, second(0), second(n/100), 500)
	peak := 0.0
	for _, k := range strokes {
		peak = max(peak, k.High)
	}
	if len(strokes) > 502 || peak != 77 {
		t.Errorf("%d strokes, the highest %v", len(strokes), peak)
	}
	if near, ok := s.Near(second(9999.5)); !ok || near.Frame != 999_951 {
		t.Errorf("near: %+v", near)
	}
}

// Whatever is added: count, bounds and mean of all are those of the samples, and strokes are in order, with one a column.
func TestSeriesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 1, 30_000).Draw(t, "values")
		for len(values) < 20_000 && rapid.Bool().Draw(t, "more") { // enough to be made coarser
			values = append(values, values...)
		}
		var s view.Series
		low, high, sum := math.Inf(1), math.Inf(-1), 0.0
		for i, v := range values {
			s.Add(view.Sample{At: second(float64(i)), Value: v, Frame: trace.Seq(i + 1), Break: i%97 == 5})
			low, high, sum = min(low, v), max(high, v), sum+v
		}
		st := s.Stats(second(-1), second(float64(len(values))))
		if st.N != len(values) || st.Low != low || st.High != high || math.Abs(st.Mean-sum/float64(len(values))) > 1e-6 || st.Last != values[len(values)-1] {
			t.Fatalf("%+v of %d samples from %v to %v", st, len(values), low, high)
		}
		from := rapid.IntRange(0, len(values)).Draw(t, "from")
		width := rapid.IntRange(1, len(values)+1).Draw(t, "width")
		columns := rapid.IntRange(1, 400).Draw(t, "columns")
		before := -2
		for _, k := range s.Strokes(nil, second(float64(from)), second(float64(from+width)), columns) {
			if k.Column < before || k.Column == before && k.Column >= 0 && k.Column < columns || k.Column > columns || k.Low > k.High {
				t.Fatalf("stroke %+v after column %d", k, before)
			}
			before = k.Column
		}
	})
}

func TestSeriesBreaks(t *testing.T) {
	var s view.Series
	for i, v := range []float64{1, 2, 3} {
		s.Add(view.Sample{At: second(float64(i)), Value: v, Break: i == 2})
	}
	strokes := s.Strokes(nil, second(0), second(2), 100)
	if len(strokes) != 3 || strokes[1].Broken || !strokes[2].Broken {
		t.Errorf("%+v", strokes)
	}
	if st := s.Stats(second(0), second(2)); st.Interval != time.Second || st.Mean != 2 {
		t.Errorf("an interval over a gap counts: %+v", st)
	}
}
