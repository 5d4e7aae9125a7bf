package view

import (
	"math"
	"time"

	"coapscope/session/track"
)

// item is what is seen: an arrow, or the bracket of a run.
type item struct {
	place    int
	arrow    Arrow
	transfer track.TransferIndex
	run      *run // that begins here, folded or not; or that is seen here
	folded   bool
	y, y0    float32 // of the row, and where the arrow begins
	y1       float32
	pause    time.Duration // before it
	more     int           // arrows after it that are too close to be drawn
	silent   bool          // its label has no room
}

// inRows makes the rows from one up to another, the first of which is at y.
func (l *Ladder) inRows(from, to int, y float32) (items []item) {
	pitch := float32(l.viewing.pitch)
	for row := from; row < min(to, l.rows.on); row, y = row+1, y+pitch {
		it := l.item(l.rows.find(row))
		it.y, it.y0 = y, y+pitch/2+1
		it.y1 = it.y0 + slope(it.arrow.Travel())
		if it.place > 0 {
			it.pause = l.at(it.place) - l.at(it.place-1)
		}
		items = append(items, it)
	}
	return items
}

// slope is how much an arrow in a row descends: more for longer ways, but not in proportion.
func slope(way time.Duration) float32 {
	ms := max(0, float64(way)/float64(time.Millisecond))
	return float32(min(2+2*math.Log10(1+ms), 9))
}

// inTime makes what is between the upper and lower edge, where time is the scale. Arrows that are too close
// are left out and counted, so that it takes no longer however many there are.
func (l *Ladder) inTime(h float32) (items []item) {
	const close, label = 3, 12
	shown := func(t time.Duration) float32 { return LadderHead + ladderTop + float32(l.y(t)-l.viewing.offset) }
	said := float32(math.Inf(-1))
	brackets := map[*run]bool{}
	place := l.placeAt(l.timeAt(l.viewing.offset - 60))
	for place < l.rows.len {
		at := l.at(place)
		y := shown(at)
		if y > h+60 {
			break
		}
		next := max(l.placeAt(l.timeAt(float64(y)+close+l.viewing.offset-LadderHead)), place+1)
		it := l.item(place)
		if it.folded {
			if !brackets[it.run] {
				brackets[it.run] = true
				first := l.item(it.run.first)
				first.y, first.y0 = shown(l.at(it.run.first)), shown(l.at(it.run.first))
				first.y1 = max(shown(l.at(it.run.last)), first.y0+16)
				if first.silent = first.y0-said < label; !first.silent {
					said = first.y0 + 4
				}
				items = append(items, first)
			}
			// What is not folded comes first.
			if row := l.rows.rank(place + 1); row < l.rows.on && l.rows.find(row) < next {
				next = l.rows.find(row)
			}
			place = next
			continue
		}
		next = l.untilFold(place, next)
		it.y, it.y0, it.y1 = y, shown(it.arrow.Left), shown(it.arrow.Came)
		it.more = max(0, l.rows.rank(next)-l.rows.rank(place)-1)
		if it.silent = y-said < label && it.arrow.Seq != l.selected; !it.silent {
			said = y
		}
		items = append(items, it)
		place = next
	}
	return items
}

// untilFold gives where, between a place and a later one, a bracket begins that must not be left out, or the later place.
func (l *Ladder) untilFold(place, next int) int {
	const looked = 16
	row := l.rows.rank(place + 1)
	for n := 0; n < looked && row+n < l.rows.on; n++ {
		p := l.rows.find(row + n)
		if p >= next {
			break
		}
		if _, r := l.runOf(p); r != nil && l.fold && !r.open {
			return p
		}
	}
	return next
}

func (l *Ladder) item(place int) item {
	it := item{place: place}
	it.transfer, it.run = l.runOf(place)
	it.folded = it.run != nil && l.fold && !it.run.open
	l.made++
	it.arrow = l.t.Arrow(l.seq(place))
	return it
}
