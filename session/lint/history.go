package lint

// table remembers what was seen in a while. It looks into two generations: by the time that one is dropped,
// everything in it has not been touched for EXCHANGE_LIFETIME, or there was too much of it.
type table[K comparable, V any] struct {
	young, old generation[K, V]
	limit      int           // records in a generation
	keep       func(*V) bool // what is taken along into the next generation untouched; nil for nothing
}

// generation is a map to records that do not move.
type generation[K comparable, V any] struct {
	index  map[K]uint32
	chunks []*[chunkLength]record[K, V]
	length int
	most   int // the largest length since the map was made
}

type record[K comparable, V any] struct {
	key   K
	value V
}

const chunkLength = 256

func newTable[K comparable, V any](limit int) table[K, V] { return table[K, V]{limit: limit} }

func (g *generation[K, V]) at(i uint32) *record[K, V] {
	return &g.chunks[i/chunkLength][i%chunkLength]
}

// add gives a record for the key, which is not zero if memory is used again.
func (g *generation[K, V]) add(key K) *V {
	if g.index == nil {
		g.index = make(map[K]uint32)
	}
	if g.length == len(g.chunks)*chunkLength {
		g.chunks = append(g.chunks, new([chunkLength]record[K, V]))
	}
	i := uint32(g.length)
	g.length++
	g.index[key] = i
	r := g.at(i)
	r.key = key
	return &r.value
}

// empty forgets all. Clearing a map takes time by its largest size, so after a flood a new one is quicker.
func (g *generation[K, V]) empty() {
	g.most = max(g.most, g.length)
	if g.length < g.most/4 {
		*g = generation[K, V]{}
		return
	}
	clear(g.index)
	g.length = 0
}

// get finds what is remembered of the key, nil for nothing. What it gives is valid until the second rotation
// from now.
func (t *table[K, V]) get(key K) *V {
	if i, ok := t.young.index[key]; ok {
		return &t.young.at(i).value
	}
	i, ok := t.old.index[key]
	if !ok {
		return nil
	}
	value := t.old.at(i).value
	if t.young.length >= t.limit {
		t.rotate()
	}
	v := t.young.add(key)
	*v = value
	return v
}

// put begins anew with the key.
func (t *table[K, V]) put(key K) *V {
	var zero V
	if i, ok := t.young.index[key]; ok {
		v := &t.young.at(i).value
		*v = zero
		return v
	}
	if t.young.length >= t.limit {
		t.rotate()
	}
	v := t.young.add(key)
	*v = zero
	return v
}

// obtain is get, or put where there is nothing.
func (t *table[K, V]) obtain(key K) *V {
	if v := t.get(key); v != nil {
		return v
	}
	return t.put(key)
}

// rotate begins a new generation and drops the old one.
func (t *table[K, V]) rotate() {
	dropped := t.old
	t.old = t.young
	if t.keep != nil {
		// What must stay is copied out of what is dropped, as long as there is room for it.
		var next generation[K, V]
		for i := uint32(0); i < uint32(dropped.length) && next.length < t.limit/4; i++ {
			r := dropped.at(i)
			if _, again := t.old.index[r.key]; !again && t.keep(&r.value) {
				*next.add(r.key) = r.value
			}
		}
		if next.length > 0 {
			t.young = next
			return
		}
	}
	dropped.empty()
	t.young = dropped
}
