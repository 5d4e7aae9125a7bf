package view

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"coapscope/session/trace"
	"coapscope/session/track"
)

const (
	ladderGutter = 118 // numbers and times
	ladderMargin = 56  // beside the outermost lifelines, for their names
	ladderColumn = 150 // between lifelines, at least
	ladderPause  = 200 * time.Millisecond
)

// FrameHit stands for the arrow of a frame.
type FrameHit = trace.Seq

// FoldHit stands for the bracket of a run of blocks, by one of its frames.
type FoldHit trace.Seq

// Draw draws what is seen into the picture. The frame that was selected last is lit.
func (l *Ladder) Draw(pen Pen) {
	l.settle()
	v := &l.viewing
	var items []item
	if v.byTime {
		items = l.inTime(float32(v.h))
	} else {
		first := int(v.offset / v.pitch)
		items = l.inRows(first, int(math.Ceil((v.offset+l.body())/v.pitch)), LadderHead+float32(float64(first)*v.pitch-v.offset))
	}
	l.draw(pen, items, float32(v.w), float32(v.h))
}

// columns gives the lifelines with their places: all, or where there is no room for all those that are seen.
func (l *Ladder) columns(items []item, w float32) (at map[netip.AddrPort]float32, all []netip.AddrPort) {
	v := &l.viewing
	room := w - ladderGutter - 2*ladderMargin
	if len(items) == 0 { // a time between two frames: whose they are
		for place := max(l.placeAt(l.timeAt(v.offset))-1, 0); place < l.rows.len && len(items) < 2; place++ {
			items = append(items, l.item(place))
		}
	}
	if all = l.ends.all; float32(len(all)-1)*ladderColumn > room {
		seen := map[netip.AddrPort]bool{}
		all = nil
		for i := range items {
			a := &items[i].arrow
			for _, e := range [...]netip.AddrPort{a.From, a.To} {
				if a.Kind != ArrowDropped && !seen[e] {
					seen[e] = true
					all = append(all, e)
				}
			}
		}
		slices.SortFunc(all, func(a, b netip.AddrPort) int { return l.ends.number[a] - l.ends.number[b] })
	}
	pitch := float32(0)
	if n := float32(len(all) - 1); n > 0 {
		pitch = max(room/n, ladderColumn)
		v.reach = max(0, float64(n*pitch-room))
	} else {
		v.reach = 0
	}
	v.side = max(0, min(v.side, v.reach))
	at = make(map[netip.AddrPort]float32, len(all))
	for i, e := range all {
		at[e] = ladderGutter + ladderMargin + float32(i)*pitch - float32(v.side)
	}
	return at, all
}

func (l *Ladder) draw(pen Pen, items []item, w, h float32) {
	at, all := l.columns(items, w)
	right := pen.Clip(ladderGutter, 0, w-ladderGutter, h)
	pitch := float32(ladderColumn)
	if len(all) > 1 {
		pitch = at[all[1]] - at[all[0]]
	}
	for _, e := range all {
		if l.beyond(at[e], w) {
			continue
		}
		concept := Plain
		if !e.IsValid() {
			concept = Accent
		}
		width := pitch - 12
		if l.viewing.side < l.viewing.reach {
			width = min(width, 2*(w-ladderBeyond-at[e]))
		}
		right.Text(PenText{X: at[e], Y: 17, Width: width, Align: AlignMiddle, Size: 11, Bold: true, Sans: true, Text: l.endpointName(e), Concept: concept})
	}
	l.drawBeyond(pen, at, w)
	pen.Line(8, LadderHead-2, w-8, LadderHead-2, 1, Solid, Faint)
	pen, right = pen.Clip(0, LadderHead, w, h-LadderHead), right.Clip(ladderGutter, LadderHead, w-ladderGutter, h-LadderHead)
	for i := range items {
		l.drawGround(pen, &items[i], w)
	}
	for _, e := range all {
		right.Line(at[e], LadderHead, at[e], h, 1, Solid, Faint)
	}
	l.drawWaits(right, items, at, h)
	if l.viewing.byTime {
		l.drawRuler(pen, items, h)
	}
	for i := range items {
		it := &items[i]
		l.drawGutter(pen, it)
		if it.folded {
			l.drawRun(right, it, at)
		} else {
			l.drawArrow(right, it, at, w)
		}
	}
}

// drawBeyond says how many lifelines there are at either side of what is seen.
func (l *Ladder) drawBeyond(pen Pen, at map[netip.AddrPort]float32, w float32) {
	left, right := 0, 0
	for _, x := range at {
		if x < ladderGutter {
			left++
		} else if l.beyond(x, w) {
			right++
		}
	}
	if left > 0 {
		pen.Text(PenText{X: 14, Y: 17, Size: 10, Text: fmt.Sprintf("← %d more", left), Concept: Dim})
	}
	if right > 0 {
		pen.Text(PenText{X: w - 14, Y: 17, Align: AlignRight, Size: 10, Clear: true, Text: fmt.Sprintf("%d more →", right), Concept: Dim})
	}
}

const (
	ladderBeyond   = 66 // at the right, for how many lifelines there are further on
	ladderLeastEnd = 40 // of the half of a name
)

// beyond tells whether a lifeline is too far to the right for its name. At the end of the way there is none.
func (l *Ladder) beyond(x, w float32) bool {
	return l.viewing.side < l.viewing.reach && x > w-ladderBeyond-ladderLeastEnd
}

// drawGround lights the row of the selected frame, and marks those of its exchange.
func (l *Ladder) drawGround(pen Pen, it *item, w float32) {
	y, h := it.y, float32(l.viewing.pitch)
	if l.viewing.byTime {
		y, h = min(it.y0, it.y1)-9, max(it.y1-it.y0, it.y0-it.y1)+15
	}
	info, selected := l.t.tracker.Info(uint64(it.arrow.Seq)), l.t.tracker.Info(uint64(l.selected))
	switch {
	case it.arrow.Seq == l.selected && !it.folded, it.folded && l.selected != 0 && selected.Transfer == it.transfer:
		pen.Box(6, y, w-22, h, BoxSelected, Accent)
	case l.selected != 0 && info.Exchange != 0 && info.Exchange == selected.Exchange:
		pen.Box(6, y+3, 2, h-6, BoxSolid, Accent)
	}
	id := any(it.arrow.Seq)
	if it.folded {
		id = FoldHit(it.arrow.Seq)
	}
	pen.Hit(0, y, w-12, h, id)
}

// drawGutter writes number and time, and how long nothing happened before.
func (l *Ladder) drawGutter(pen Pen, it *item) {
	y := it.y0 + 3
	if l.viewing.byTime && !it.folded {
		y = it.y + 3
	}
	if it.pause >= ladderPause && l.viewing.pitch >= 22 {
		text, y := Duration(it.pause), it.y
		pen.Text(PenText{X: 112, Y: y + 3, Align: AlignRight, Size: 9, Text: text, Concept: Faint})
		for i := range 3 {
			pen.Box(102-float32(utf8.RuneCountInString(text))*9*cell, y-4+float32(i)*3, 1.5, 1.5, BoxSolid, Faint)
		}
	}
	if it.run != nil && it.run.first == it.place {
		sign := "▾"
		if it.folded {
			sign = "▸"
		}
		pen.Text(PenText{X: 11, Y: y + 1, Size: 13, Text: sign, Concept: OptionA})
		pen.Hit(0, y-10, 24, 16, FoldHit(it.arrow.Seq))
	}
	if it.silent {
		return
	}
	concept := Dim
	if it.arrow.Seq == l.selected {
		concept = Accent
	}
	pen.Text(PenText{X: 62, Y: y, Align: AlignRight, Size: 10, Bold: concept == Accent, Text: fmt.Sprintf("#%d", it.arrow.Seq), Concept: concept})
	pen.Text(PenText{X: 112, Y: y, Align: AlignRight, Size: 10, Text: secondsText(it.arrow.At), Concept: Dim})
}

// drawRuler writes times beside what is seen, where no arrow has its own.
func (l *Ladder) drawRuler(pen Pen, items []item, h float32) {
	const least = 48 // between two marks
	step, decimals := rulerStep(least / l.viewing.second)
	first := math.Floor(l.timeAt(l.viewing.offset).Seconds()/step) * step
	for i := 0; i < int(h/least)+2; i++ {
		t := first + float64(i)*step
		y := LadderHead + ladderTop + float32((t-l.first().Seconds())*l.viewing.second-l.viewing.offset)
		if t < 0 || y < LadderHead {
			continue
		}
		pen.Line(114, y, 118, y, 1, Solid, Faint)
		if !slices.ContainsFunc(items, func(it item) bool { return !it.silent && math.Abs(float64(it.y-y)) < 12 }) {
			pen.Text(PenText{X: 112, Y: y + 3, Align: AlignRight, Size: 9, Text: strconv.FormatFloat(t, 'f', decimals, 64), Concept: Faint})
		}
	}
}

// rulerStep gives a round number of seconds that is not less, and how many decimals it takes.
func rulerStep(least float64) (step float64, decimals int) {
	power := math.Floor(math.Log10(least))
	step = math.Pow(10, power)
	for _, f := range [...]float64{1, 2, 5, 10} {
		if f*step >= least {
			step *= f
			break
		}
	}
	return step, max(0, int(-math.Floor(math.Log10(step)*(1+1e-12)+1e-9)))
}

// drawArrow draws a frame between its lifelines.
func (l *Ladder) drawArrow(pen Pen, it *item, at map[netip.AddrPort]float32, w float32) {
	a := &it.arrow
	if a.Kind == ArrowDropped {
		pen.Text(PenText{X: ladderGutter + 20, Y: it.y0 + 3, Size: 10, Text: a.Label, Concept: Faint})
		return
	}
	x0, x1 := at[a.From]+0.5, at[a.To]+0.5
	if a.From == a.To {
		x1 = min(x0+60, w-20)
	}
	if math.Abs(float64(x1-x0)) < 1 {
		return
	}
	away := float32(1)
	if x1 < x0 {
		away = -1
	}
	a.Draw(pen, x0+away, it.y0, x1-away, it.y1)
	if it.silent {
		return
	}
	label := a.Label
	if it.more > 0 {
		label += fmt.Sprintf("  +%d more", it.more)
	}
	const size = 10
	width, length := float32(utf8.RuneCountInString(label))*cell*size, max(x1-x0, x0-x1)
	width = min(width, length-36)
	// The line must not go through it, on the side where it is higher.
	y := min(it.y0, it.y1) + max(it.y1-it.y0, it.y0-it.y1)*(1-width/length)/2 - 3
	if a.Lost {
		y -= 2 // and above the cross
	}
	pen.Text(PenText{X: (x0 + x1) / 2, Y: y, Width: width + 1, Align: AlignMiddle, Size: size, Clear: a.Seq != l.selected, Text: label, Concept: a.Concept})
}

// drawRun draws the bracket of a run of blocks.
func (l *Ladder) drawRun(pen Pen, it *item, at map[netip.AddrPort]float32) {
	x0, x1 := at[it.arrow.From], at[it.arrow.To]
	if x0 > x1 {
		x0, x1 = x1, x0
	}
	y, h := it.y+3, float32(l.viewing.pitch)-6
	if l.viewing.byTime {
		y, h = it.y0, it.y1-it.y0
	}
	pen.Box(x0+6, y, x1-x0-12, h, BoxGround, Plain)
	pen.Box(x0+6, y, x1-x0-12, h, BoxTinted, OptionA)
	for _, x := range [...]float32{x0, x1} {
		pen.Box(x-1, y, 3, h, BoxSolid, OptionA)
	}
	pen.Text(PenText{
		X: (x0 + x1) / 2, Y: max(y, LadderHead+2) + min(h, 18)/2 + 4, Width: x1 - x0 - 24, Align: AlignMiddle, Size: 10,
		Text: l.runText(it.transfer, it.run), Concept: Plain,
	})
}

// drawWaits draws a bar on the lifeline of a server from its acknowledgement to its separate response.
func (l *Ladder) drawWaits(pen Pen, items []item, at map[netip.AddrPort]float32, h float32) {
	y := func(s uint64) float32 {
		for i := range items {
			if uint64(items[i].arrow.Seq) == s {
				return items[i].y0
			}
		}
		switch row := l.row(trace.Seq(s)); {
		case row < 0 || len(items) == 0:
			return -1
		case row < l.rows.rank(items[0].place):
			return 0
		}
		return h
	}
	done := track.Index(0)
	for i := range items {
		a := &items[i].arrow
		if a.Kind != ArrowAcknowledgement && a.Kind != ArrowSeparate || items[i].folded {
			continue
		}
		x, ok := l.t.tracker.Exchange(l.t.tracker.Info(uint64(a.Seq)).Exchange)
		if !ok || x.Index == done || x.ResponseFrame == 0 {
			continue
		}
		ack := l.acknowledged(&x)
		if ack == 0 {
			continue
		}
		done = x.Index
		from, to := y(ack), y(x.ResponseFrame)
		server := l.t.Frame(trace.Seq(ack))
		if from < 0 || to < from || server == nil {
			continue
		}
		end, _ := endpointsOf(server)
		if column, ok := at[end]; ok {
			pen.Box(column-2.5, from, 6, to-from, BoxTinted, Dim)
		}
	}
}

// acknowledged gives the acknowledgement that a server promised a separate response with; 0 for none.
func (l *Ladder) acknowledged(x *track.Exchange) uint64 {
	s := x.FirstFrame
	for n := 0; n < 32 && s != 0 && s < x.ResponseFrame; n, s = n+1, l.t.tracker.After(s) {
		if info := l.t.tracker.Info(s); info.Role == track.RoleAcknowledgement {
			return s
		}
	}
	return 0
}
