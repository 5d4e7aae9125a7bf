package view

import (
	"errors"
	"maps"
	"net/netip"
	"strconv"
	"strings"

	"coapscope/protocol"
	"coapscope/protocol/dissect"
	"coapscope/session/trace"
)

// Edit is a copy of a message that the user changes, byte by byte, to whatever is wanted, well formed or
// not. The frame stays as it was.
type Edit struct {
	// To is the address that it is sent to, as the user wrote it.
	To string

	open   bool // it is shown instead of the frame
	states []editState
	at     int // of the state that is current
}

// editState is the message after a change.
type editState struct {
	data   []byte
	origin []int32 // of each byte: its place in the frame, -1 for a new one
	half   int     // the byte whose first digit was typed with this change, -1 for none
}

// maxEditBytes bounds the memory of the states that can be gone back to; the first one always stays.
const maxEditBytes = 32 << 20

func newEdit(f *trace.Frame) *Edit {
	origin := make([]int32, len(f.Data))
	for i := range origin {
		origin[i] = int32(i)
	}
	return &Edit{To: peerOf(f), states: []editState{{f.Data, origin, -1}}}
}

// peerOf gives the address of who gets an edited message: the peer of the frame; of one between two
// others, who got it.
func peerOf(f *trace.Frame) string {
	switch {
	case f.Direction == trace.Received && f.Source.IsValid():
		return f.Source.String()
	case f.Destination.IsValid():
		return f.Destination.String()
	}
	return ""
}

// Bytes are the bytes of the message as it is now. They must not be changed.
func (e *Edit) Bytes() []byte { return e.states[e.at].data }

// Changes is how many changes were made and not undone.
func (e *Edit) Changes() int { return e.at }

// CanUndo tells whether there is a change to undo.
func (e *Edit) CanUndo() bool { return e.at > 0 }

// CanRedo tells whether there is a change that was undone.
func (e *Edit) CanRedo() bool { return e.at+1 < len(e.states) }

// push makes the next state.
func (e *Edit) push(s editState) {
	e.states = append(e.states[:e.at+1], s)
	e.at++
	size := 0
	for i := range e.states {
		size += 5 * len(e.states[i].data)
	}
	for size > maxEditBytes && len(e.states) > 2 {
		size -= 5 * len(e.states[1].data)
		e.states = append(e.states[:1], e.states[2:]...)
		e.at--
	}
}

// replace makes the bytes from one place to another others, as one change. What stays the same keeps its
// place in the frame.
func (e *Edit) replace(from, to int, with []byte) {
	s := &e.states[e.at]
	next := editState{half: -1}
	next.data = append(append(append(next.data, s.data[:from]...), with...), s.data[to:]...)
	next.origin = append(next.origin, s.origin[:from]...)
	next.origin = append(next.origin, places(s.data[from:to], with, s.origin[from:to])...)
	next.origin = append(next.origin, s.origin[to:]...)
	e.push(next)
}

// places gives the places in the frame of bytes that take the place of others: of as many or, of another number, those that
// are the same ones still.
func places(was, with []byte, origin []int32) []int32 {
	if len(was) == len(with) {
		return origin
	}
	next := make([]int32, len(with))
	for i := range next {
		next[i] = -1
	}
	for _, p := range align(digits(was), digits(with), true) {
		if p.left >= 0 && p.right >= 0 {
			next[p.right] = origin[p.left]
		}
	}
	return next
}

// digits gives each byte as a text.
func digits(b []byte) []string {
	texts := make([]string, len(b))
	for i := range b {
		texts[i] = string(b[i : i+1])
	}
	return texts
}

// become makes the message another one, as one change.
func (e *Edit) become(data []byte) {
	was := e.Bytes()
	from := 0
	for from < min(len(was), len(data)) && was[from] == data[from] {
		from++
	}
	end := 0
	for end < min(len(was), len(data))-from && was[len(was)-1-end] == data[len(data)-1-end] {
		end++
	}
	if from == len(was) && len(was) == len(data) {
		return // nothing is changed
	}
	e.replace(from, len(was)-end, data[from:len(data)-end])
}

// Editing tells whether what is shown is an edited copy of the frame, changed or not yet.
func (v *Inspector) Editing() bool { return v.edit != nil }

// Edited gives the edit that is shown; nil for none.
func (v *Inspector) Edited() *Edit { return v.edit }

// Draft gives the edit of the frame, shown or not; nil for none.
func (v *Inspector) Draft() *Edit { return v.edits[v.Frame] }

// SetEditing shows a copy of the frame that can be changed, or the frame again. The changes are kept
// until [Inspector.Revert], whatever is looked at between.
func (v *Inspector) SetEditing(on bool) {
	if v.Frame == nil || on == v.Editing() {
		return
	}
	e := v.edits[v.Frame]
	if e == nil {
		e = newEdit(v.Frame)
		v.edits[v.Frame] = e
	}
	e.open, v.edit = on, nil
	if on {
		v.edit = e
	} else if len(e.states) == 1 {
		delete(v.edits, v.Frame)
	}
	v.again()
}

// Drafts is how many messages have changes that are neither reverted nor shown.
func (v *Inspector) Drafts() int {
	n := len(v.edits)
	if v.edit != nil {
		n--
	}
	return n
}

// forgetEdits forgets the edits of frames that cannot be looked at any more.
func (v *Inspector) forgetEdits(gone func(f *trace.Frame) bool) {
	maps.DeleteFunc(v.edits, func(f *trace.Frame, _ *Edit) bool { return gone(f) })
}

// Revert forgets all changes and shows the frame.
func (v *Inspector) Revert() {
	delete(v.edits, v.Frame)
	v.edit = nil
	v.again()
}

// Undo takes back the last change.
func (v *Inspector) Undo() {
	if v.edit != nil && v.edit.CanUndo() {
		v.edit.at--
		v.again()
	}
}

// Redo makes the change again that was taken back last.
func (v *Inspector) Redo() {
	if v.edit != nil && v.edit.CanRedo() {
		v.edit.at++
		v.again()
	}
}

// again takes the message apart anew after a change, and keeps the place of the selection.
func (v *Inspector) again() {
	was := v.selection
	key := foldKey{}
	if was.selected >= 0 && was.selected < len(v.Tree.Fields) {
		key = v.key(was.selected)
	}
	v.dissect()
	v.selection = nothing
	switch {
	case v.bits() == 0 || was.cursor < 0:
		return
	case was.kind == BitSelected:
		v.SelectBit(was.cursor)
	case was.kind == BytesSelected:
		v.SelectByte(was.from)
		v.ExtendTo(was.to - 1)
		if was.cursor/8 == was.from {
			v.anchor, v.cursor = v.to-1, v.from*8
		}
	default:
		if was.selected >= 0 && was.selected < len(v.Tree.Fields) && v.key(was.selected) == key {
			v.Select(was.selected)
		} else {
			v.Select(v.UnitAt(min(was.cursor, v.bits()-1)))
		}
	}
}

// Changed tells whether a byte is not what it was in the frame.
func (v *Inspector) Changed(i int) bool {
	if v.edit == nil || v.edit.at == 0 {
		return false
	}
	s := &v.edit.states[v.edit.at]
	o := s.origin[i]
	return o < 0 || v.Frame.Data[o] != s.data[i]
}

// FieldChanged tells whether a byte of the field is not what it was in the frame.
func (v *Inspector) FieldChanged(field int) bool {
	if v.edit == nil || v.edit.at == 0 {
		return false
	}
	f := &v.Tree.Fields[field]
	if f.Bits == 0 {
		return false
	}
	for i := f.FirstByte(); i < f.EndByte(); i++ {
		if v.Changed(i) && v.bitsChanged(i, max(f.Bit, i*8), min(f.End(), i*8+8)) {
			return true
		}
	}
	return false
}

// bitsChanged tells whether the bits from one up to another, all of byte i, are not what they were.
func (v *Inspector) bitsChanged(i, from, to int) bool {
	s := &v.edit.states[v.edit.at]
	if s.origin[i] < 0 {
		return true
	}
	mask := byte(0xff>>(from-i*8)) & byte(0xff<<(i*8+8-to))
	return (v.Frame.Data[s.origin[i]]^s.data[i])&mask != 0
}

// SetBit sets a bit of the edited message.
func (v *Inspector) SetBit(bit int, on bool) {
	if v.edit == nil || bit < 0 || bit >= v.bits() || v.Set(bit) == on {
		return
	}
	v.edit.replace(bit/8, bit/8+1, []byte{v.Tree.Bytes[bit/8] ^ 0x80>>(bit%8)})
	v.again()
}

// FlipBit turns a bit of the edited message around.
func (v *Inspector) FlipBit(bit int) {
	if v.edit != nil && bit >= 0 && bit < v.bits() {
		v.SetBit(bit, !v.Set(bit))
	}
}

// TypeHex overwrites the selected byte with a digit: the first one with its upper half, the next one with
// the lower half, after which the next byte is selected. At the end a byte is added. It tells whether the
// rune was a digit.
func (v *Inspector) TypeHex(r rune) bool {
	digit, err := strconv.ParseUint(string(r), 16, 4)
	if err != nil || v.edit == nil {
		return false
	}
	if len(v.Tree.Bytes) == 0 {
		v.edit.replace(0, 0, []byte{byte(digit) << 4})
		v.edit.states[v.edit.at].half = 0
		v.again()
		v.SelectByte(0)
		return true
	}
	if v.cursor < 0 {
		return true
	}
	i := v.cursor / 8
	s := &v.edit.states[v.edit.at]
	if s.half == i && v.kind == BytesSelected { // the second digit belongs to the change of the first
		data := append([]byte(nil), s.data...)
		data[i] = data[i]&0xf0 | byte(digit)
		s.data, s.half = data, -1
		v.edit.states = v.edit.states[:v.edit.at+1]
		v.again()
		v.SelectByte(i + 1)
		return true
	}
	v.edit.replace(i, i+1, []byte{byte(digit)<<4 | s.data[i]&0x0f})
	v.edit.states[v.edit.at].half = i
	v.again()
	v.SelectByte(i)
	return true
}

// InsertByte puts a byte 0 before the selection; at behind it, with after.
func (v *Inspector) InsertByte(after bool) {
	if v.edit == nil {
		return
	}
	at := len(v.Tree.Bytes)
	if from, to, ok := v.SelectedBytes(); ok {
		at = from
		if after {
			at = to
		}
	}
	v.edit.replace(at, at, []byte{0})
	v.again()
	v.SelectByte(at)
}

// DeleteBytes takes the selected bytes out.
func (v *Inspector) DeleteBytes() {
	from, to, ok := v.SelectedBytes()
	if v.edit == nil || !ok {
		return
	}
	v.edit.replace(from, to, nil)
	v.again()
	if v.bits() > 0 {
		v.SelectByte(from)
	}
}

// CannotSend says why the edited message cannot be sent; empty where it can.
func (v *Inspector) CannotSend() string {
	switch {
	case v.edit == nil:
		return "Nothing is being edited"
	case v.Frame.Transport != trace.UDP:
		return "Only UDP messages can be sent as they are: one of " + v.Frame.Transport.String() + " needs its connection"
	case len(v.Tree.Bytes) == 0:
		return "There is nothing to send: the message has no byte"
	}
	return ""
}

// destination reads the address to send to. The port may be left out.
func (e *Edit) destination() (netip.AddrPort, error) {
	text := strings.TrimSpace(e.To)
	if to, err := netip.ParseAddrPort(text); err == nil {
		return to, nil
	}
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(addr, protocol.Port), nil
	}
	if text == "" {
		return netip.AddrPort{}, errors.New("say where to send it: an address such as 192.0.2.1:5683")
	}
	return netip.AddrPort{}, errors.New(strconv.Quote(text) + " is no address: write one such as 192.0.2.1:5683 or [fe80::1%eth0]:5683")
}

// SendEdited sends the edited message as it is, malformed or not, and selects its frame. The edit stays.
func (w *Workbench) SendEdited() {
	v := w.Inspector
	if reason := v.CannotSend(); reason != "" {
		w.Say(Warning, "%s", reason)
		return
	}
	to, err := v.edit.destination()
	if err != nil {
		w.Say(Error, "Not sent: %v", err)
		return
	}
	size, of := len(v.edit.Bytes()), v.Frame.Seq
	sent, err := w.Engine.SendRaw(to, v.edit.Bytes())
	if err != nil {
		w.Say(Error, "Not sent: %v", err)
		return
	}
	w.ShowLive()
	w.SelectFrame(sent)
	w.Say(Good, "Sent as packet %d: %s to %s. The edit of message %d is kept.", sent, count(size, "byte", "bytes"), to, of)
}

// BitChanged tells whether a bit is not what it was in the frame.
func (v *Inspector) BitChanged(bit int) bool {
	return v.Changed(bit/8) && v.bitsChanged(bit/8, bit, bit+1)
}

// EditText gives the text that an editor of the field starts with; false where it has none. Of an option that is its value.
func (v *Inspector) EditText(field int) (string, bool) {
	if field = v.valid(field); field < 0 {
		return "", false
	}
	if f := &v.Tree.Fields[field]; f.Kind == dissect.Option && !v.Tree.Options[f.Option].Broken {
		return v.Tree.OptionText(int(f.Option)), true
	}
	return v.Tree.EditText(field)
}

// SetField makes the field of the edited message what the text says, in the form of [Inspector.EditText].
// The error says what would be accepted.
func (v *Inspector) SetField(field int, text string) error {
	if v.edit == nil || v.valid(field) < 0 {
		return errors.New("the message is not being edited")
	}
	var data []byte
	var err error
	if f := &v.Tree.Fields[field]; f.Kind == dissect.Option && !v.Tree.Options[f.Option].Broken {
		data, err = v.Tree.SetOptionText(int(f.Option), text)
	} else {
		data, err = v.Tree.SetField(field, text)
	}
	if err != nil {
		return err
	}
	v.edit.become(data)
	v.again()
	return nil
}

// RemoveOption takes the option of a field out of the edited message. The others keep their numbers.
func (v *Inspector) RemoveOption(field int) error {
	if field = v.valid(field); v.edit == nil || field < 0 || v.Tree.Fields[field].Option < 0 {
		return errors.New("no option is selected in a message that is being edited")
	}
	data, err := v.Tree.RemoveOption(int(v.Tree.Fields[field].Option))
	if err != nil {
		return err
	}
	v.edit.become(data)
	v.again()
	return nil
}
