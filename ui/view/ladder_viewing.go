package view

import (
	"math"
	"time"

	"coapscope/session/trace"
)

// viewing is where in the ladder one looks, and how large.
type viewing struct {
	byTime bool
	pitch  float64 // of an even row
	second float64 // the height of a second
	offset float64 // of the content above what is seen
	side   float64 // of the lifelines left of what is seen
	w, h   float64
	reach  float64 // how far sideways there are lifelines
	tail   bool    // it stays at the end as frames come
}

// LadderHead is the height of the names of the lifelines.
const LadderHead = 26

const (
	ladderPitch  = 24
	ladderSecond = 240
	ladderTop    = 10 // above the first arrow, where time is the scale
)

func newViewing() viewing {
	return viewing{pitch: ladderPitch, second: ladderSecond, tail: true}
}

// home looks at the end again.
func (v *viewing) home() { v.offset, v.side, v.tail = 0, 0, true }

// Like takes over scope, scale and folding from another ladder.
func (l *Ladder) Like(other *Ladder) {
	l.scope, l.fold = other.scope, other.fold
	l.viewing = other.viewing
	l.viewing.home()
	l.restart()
}

// ByTime tells whether heights are times, rather than a row for each event.
func (l *Ladder) ByTime() bool { return l.viewing.byTime }

// SetByTime has heights be times, or a row for each event. What is seen stays in sight.
func (l *Ladder) SetByTime(on bool) {
	l.keeping(-1, func() { l.viewing.byTime = on })
}

// SetRoom tells how large the picture is.
func (l *Ladder) SetRoom(w, h float32) {
	l.viewing.w, l.viewing.h = float64(w), float64(h)
	l.settle()
}

// body is the height of what is below the names.
func (l *Ladder) body() float64 { return max(l.viewing.h-LadderHead, 0) }

// Height is how high all of it is, and Offset how much of that is above what is seen.
func (l *Ladder) Height() float64 {
	if l.viewing.byTime {
		return 2*ladderTop + 20 + l.y(l.last)
	}
	return float64(l.rows.on)*l.viewing.pitch + 8
}

// Offset is how much is above what is seen.
func (l *Ladder) Offset() float64 { return l.viewing.offset }

// y gives the distance of a time from that of the first place.
func (l *Ladder) y(t time.Duration) float64 {
	return (t - l.first()).Seconds() * l.viewing.second
}

// first gives the time of the first place.
func (l *Ladder) first() time.Duration {
	if l.rows.len == 0 {
		return 0
	}
	return l.at(0)
}

// timeAt gives the time at a height of the content.
func (l *Ladder) timeAt(y float64) time.Duration {
	return l.first() + time.Duration((y-ladderTop)/l.viewing.second*float64(time.Second))
}

// Following tells whether what is seen moves along as frames come.
func (l *Ladder) Following() bool { return l.viewing.tail }

// Stay ends following.
func (l *Ladder) Stay() { l.viewing.tail = false }

// settle keeps to what there is.
func (l *Ladder) settle() {
	behind := l.behind() // which begins anew when the filter is another
	if l.wanted != 0 && l.viewing.h > 0 && !behind {
		s := l.wanted
		l.wanted = 0
		l.Reveal(s)
	}
	limit := max(0, l.Height()-l.body())
	if l.viewing.tail {
		l.viewing.offset = limit
	}
	l.viewing.offset = max(0, min(l.viewing.offset, limit))
}

// ScrollTo has what is seen begin there. At the end it is followed.
func (l *Ladder) ScrollTo(offset float64) {
	l.viewing.tail = false
	l.viewing.offset = offset
	l.settle()
	l.viewing.tail = l.viewing.offset >= l.Height()-l.body()-0.5
}

// ScrollBy moves what is seen, down and to the right.
func (l *Ladder) ScrollBy(right, down float64) {
	l.viewing.side = max(0, min(l.viewing.side+right, l.viewing.reach))
	if down != 0 {
		l.ScrollTo(l.viewing.offset + down)
	}
}

// Zoom makes it larger by a factor; what is at that height of the picture stays.
func (l *Ladder) Zoom(factor float64, at float32) {
	v := &l.viewing
	y := float64(at) - LadderHead
	tail := v.tail
	if v.byTime {
		t := l.timeAt(v.offset + y)
		v.second = max(0.001, min(v.second*factor, 5e6))
		l.ScrollTo(ladderTop + l.y(t) - y)
	} else {
		row := (v.offset + y) / v.pitch
		v.pitch = max(20, min(v.pitch*math.Sqrt(factor), 60))
		l.ScrollTo(row*v.pitch - y)
	}
	v.tail = tail && v.tail
}

// ZoomHere does so around the selected frame, or the middle where that is not in sight.
func (l *Ladder) ZoomHere(factor float64) {
	at := l.body() / 2
	if place, ok := l.place(l.selected); ok && l.rows.len > 0 {
		if y := l.top(place) - l.viewing.offset; y >= 0 && y < l.body() {
			if at = y; l.viewing.byTime {
				at += ladderTop
			}
		}
	}
	l.Zoom(factor, float32(at)+LadderHead)
}

// ScaleText says how large it is.
func (l *Ladder) ScaleText() string {
	if !l.viewing.byTime {
		return "Even rows"
	}
	return "Time · " + Duration(time.Duration(100/l.viewing.second*float64(time.Second))) + " / 100 px"
}

// topPlace is the place that is seen first; -1 where the end is followed.
func (l *Ladder) topPlace() int {
	switch {
	case l.viewing.tail || l.rows.on == 0:
		return -1
	case l.viewing.byTime:
		return min(l.placeAt(l.timeAt(l.viewing.offset)), l.rows.len-1)
	}
	return l.rows.find(min(int(l.viewing.offset/l.viewing.pitch), l.rows.on-1))
}

// keeping changes what heights and rows are. What is looked at stays where it is: the place that it is about if that is
// in sight, or else the selected frame, or else what is seen first.
func (l *Ladder) keeping(about int, change func()) {
	place, y := l.topPlace(), 0.0
	selected, ok := l.place(l.selected)
	if !ok || place < 0 {
		selected = -1
	}
	for _, p := range [...]int{selected, about} {
		if p < 0 || p >= l.rows.len {
			continue
		}
		if at := l.top(p) - l.viewing.offset; at >= 0 && at < l.body() {
			place, y = p, at
		}
	}
	change()
	if place < 0 {
		l.settle()
		return
	}
	l.ScrollTo(l.top(place) - y)
}

// top is the height of a place in the content.
func (l *Ladder) top(place int) float64 {
	if l.viewing.byTime {
		return l.y(l.at(place))
	}
	return float64(l.rows.rank(place)) * l.viewing.pitch
}

// Reveal moves as little as needed for a frame to be seen. It tells whether the scope has it.
func (l *Ladder) Reveal(s trace.Seq) bool {
	place, ok := l.place(s)
	if !ok {
		return false
	}
	if row := l.row(s); !l.viewing.byTime && row >= 0 {
		place = l.rows.find(min(row, l.rows.on-1))
	}
	top, high := l.top(place), l.viewing.pitch
	if l.viewing.byTime {
		high = 3 * ladderTop
	}
	switch {
	case top < l.viewing.offset:
		l.ScrollTo(top)
	case top+high > l.viewing.offset+l.body():
		l.ScrollTo(top + high - l.body())
	}
	return true
}

// Step gives the frame of the row that is n rows below that of the selected one, or the first in sight; 0 for none.
func (l *Ladder) Step(n int) trace.Seq {
	if l.rows.on == 0 {
		return 0
	}
	row := l.row(l.selected)
	if row < 0 {
		row = 0
		if place := l.topPlace(); place >= 0 {
			row = l.rows.rank(place)
		} else if n < 0 {
			row = l.rows.on - 1
		}
		if n == 1 || n == -1 {
			n = 0
		}
	}
	row += n
	return l.seq(l.rows.find(max(0, min(row, l.rows.on-1))))
}

// Page is how many rows are seen at once.
func (l *Ladder) Page() int {
	if l.viewing.byTime {
		return 10
	}
	return max(1, int(l.body()/l.viewing.pitch)-1)
}
