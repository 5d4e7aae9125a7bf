package view

import "sync"

// Inbox carries what happens on other goroutines to the window's. Whoever has news puts a function in;
// the window takes all that came since, at its own pace. Of news with the same key only the last is
// kept, so that a flood of progress costs no more than one.
//
// Its methods may be called from any goroutine.
type Inbox struct {
	mu    sync.Mutex
	items []func()
	keys  map[any]int // place in items
	wake  func()
}

// NewInbox gives an empty inbox that calls wake, which must return at once, when something came.
func NewInbox(wake func()) *Inbox { return &Inbox{keys: make(map[any]int), wake: wake} }

// Put adds news. With a key other than nil it replaces older news of the key that were not taken yet.
func (b *Inbox) Put(key any, apply func()) {
	b.mu.Lock()
	if at, ok := b.keys[key]; ok && key != nil {
		b.items[at] = apply
		b.mu.Unlock()
		return
	}
	if key != nil {
		b.keys[key] = len(b.items)
	}
	b.items = append(b.items, apply)
	b.mu.Unlock()
	b.wake()
}

// Take gives all that came, in order, to be run on the window's goroutine.
func (b *Inbox) Take() []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = nil
	clear(b.keys)
	return items
}
