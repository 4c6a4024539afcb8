package encode

import "github.com/tavana/tavana/internal/vector"

func (s *style) nestedArray(t *vector.Type) array {
	children := make([]array, len(t.Children))
	for i, c := range t.Children {
		children[i] = s.array(c)
	}
	switch t.ID {
	case vector.List:
		return newLists(children[0])
	case vector.Map:
		return newLists(&structs{members: children})
	case vector.Array:
		return &fixedLists{size: t.Length, elements: children[0]}
	case vector.Union:
		return &unions{members: children}
	default:
		return &structs{members: children}
	}
}

// lists are also maps, whose elements are structs of key and value.
type lists struct {
	nulls    nulls
	offsets  offsets
	elements array
}

func newLists(elements array) *lists {
	a := &lists{elements: elements}
	a.offsets.reset(false)
	return a
}

func (a *lists) nullCost() int64 { return offsetBits }

// spans calls f with where the elements of rows from to to are in DuckDB's child:
// lists share it, in any order and with gaps. Neighbours are joined.
func spans(v *vector.Vector, from, to int, f func(from, to int) error) error {
	start, end := 0, 0
	for row := from; row < to; row++ {
		if !v.Valid(row) {
			continue
		}
		e := at[vector.ListEntry](v, row)
		switch {
		case e.Length == 0:
			continue
		case int(e.Offset) == end:
			end += int(e.Length)
			continue
		case end > start:
			if err := f(start, end); err != nil {
				return err
			}
		}
		start, end = int(e.Offset), int(e.Offset+e.Length)
	}
	if end > start {
		return f(start, end)
	}
	return nil
}

func (a *lists) cost(v *vector.Vector, from, to int) int64 {
	bits := times(to-from, offsetBits)
	_ = spans(v, from, to, func(start, end int) error {
		bits = plus(bits, a.elements.cost(&v.Children[0], start, end))
		return nil
	})
	return bits
}

func (a *lists) add(v *vector.Vector, from, to int) error {
	a.nulls.add(v, from, to)
	end := a.offsets.last()
	for i, ends := from, a.offsets.extend(to-from); i < to; i++ {
		if v.Valid(i) {
			end += int32(at[vector.ListEntry](v, i).Length)
		}
		ends[i-from] = end
	}
	return spans(v, from, to, func(start, end int) error { return a.elements.add(&v.Children[0], start, end) })
}

func (a *lists) skip(n int) {
	a.nulls.skip(n)
	last := a.offsets.last()
	for i, ends := 0, a.offsets.extend(n); i < n; i++ {
		ends[i] = last
	}
}

func (a *lists) gather(b *batch) {
	a.nulls.gather(b)
	a.offsets.gather(b)
	a.elements.gather(b)
}

func (a *lists) reset(drop bool) {
	a.nulls.reset(drop)
	a.offsets.reset(drop)
	a.elements.reset(drop)
}

// fixedLists have as many elements each; so has a null.
type fixedLists struct {
	nulls    nulls
	size     int
	elements array
}

func (a *fixedLists) nullCost() int64 { return plus(1, times(a.size, a.elements.nullCost())) }

func (a *fixedLists) cost(v *vector.Vector, from, to int) int64 {
	bits := times(to-from, 1)
	_ = eachRun(v.Validity, from, to, func(from, to int, set bool) error {
		if set {
			bits = plus(bits, a.elements.cost(&v.Children[0], from*a.size, to*a.size))
		} else {
			bits = plus(bits, times(to-from, a.nullCost()))
		}
		return nil
	})
	return bits
}

func (a *fixedLists) add(v *vector.Vector, from, to int) error {
	a.nulls.add(v, from, to)
	return eachRun(v.Validity, from, to, func(from, to int, set bool) error {
		if set {
			return a.elements.add(&v.Children[0], from*a.size, to*a.size)
		}
		a.elements.skip((to - from) * a.size)
		return nil
	})
}

func (a *fixedLists) skip(n int) {
	a.nulls.skip(n)
	a.elements.skip(n * a.size)
}

func (a *fixedLists) gather(b *batch) {
	a.nulls.gather(b)
	a.elements.gather(b)
}

func (a *fixedLists) reset(drop bool) {
	a.nulls.reset(drop)
	a.elements.reset(drop)
}

// structs have their members side by side; a null has nulls.
type structs struct {
	nulls   nulls
	members []array
}

func (a *structs) nullCost() int64 {
	bits := int64(1)
	for _, m := range a.members {
		bits = plus(bits, m.nullCost())
	}
	return bits
}

func (a *structs) cost(v *vector.Vector, from, to int) int64 {
	bits := times(to-from, 1)
	_ = eachRun(v.Validity, from, to, func(from, to int, set bool) error {
		if !set {
			bits = plus(bits, times(to-from, a.nullCost()))
			return nil
		}
		for i, m := range a.members {
			bits = plus(bits, m.cost(&v.Children[i], from, to))
		}
		return nil
	})
	return bits
}

func (a *structs) add(v *vector.Vector, from, to int) error {
	a.nulls.add(v, from, to)
	return eachRun(v.Validity, from, to, func(from, to int, set bool) error {
		for i, m := range a.members {
			if !set {
				m.skip(to - from)
			} else if err := m.add(&v.Children[i], from, to); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *structs) skip(n int) {
	a.nulls.skip(n)
	for _, m := range a.members {
		m.skip(n)
	}
}

func (a *structs) gather(b *batch) {
	a.nulls.gather(b)
	for _, m := range a.members {
		m.gather(b)
	}
}

func (a *structs) reset(drop bool) {
	a.nulls.reset(drop)
	for _, m := range a.members {
		m.reset(drop)
	}
}

// unions are sparse: each member has as many values as there are rows, and is null
// but where it was chosen. A null is one of the first member, as in DuckDB's own
// export.
type unions struct {
	ids     values
	members []array
}

// runs calls f with the runs of rows that chose one member; -1: they are NULL.
func (a *unions) runs(v *vector.Vector, from, to int, f func(from, to, member int) error) error {
	tags := &v.Children[0]
	chosen := func(row int) int {
		if !v.Valid(row) || !tags.Valid(row) {
			return -1
		}
		if tag := int(*at[uint8](tags, row)); tag < len(a.members) {
			return tag
		}
		return -1
	}
	for from < to {
		member, end := chosen(from), from+1
		for end < to && chosen(end) == member {
			end++
		}
		if err := f(from, end, member); err != nil {
			return err
		}
		from = end
	}
	return nil
}

func (a *unions) nullCost() int64 {
	bits := int64(8)
	for _, m := range a.members {
		bits = plus(bits, m.nullCost())
	}
	return bits
}

func (a *unions) cost(v *vector.Vector, from, to int) int64 {
	bits := times(to-from, a.nullCost())
	_ = a.runs(v, from, to, func(from, to, member int) error {
		if member >= 0 {
			bits = plus(bits, a.members[member].cost(&v.Children[member+1], from, to))
		}
		return nil
	})
	return bits
}

func (a *unions) add(v *vector.Vector, from, to int) error {
	return a.runs(v, from, to, func(from, to, member int) error {
		ids := a.ids.extend(to - from)
		for i := range ids {
			ids[i] = byte(max(member, 0))
		}
		for i, m := range a.members {
			if i != member {
				m.skip(to - from)
			} else if err := m.add(&v.Children[i+1], from, to); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *unions) skip(n int) {
	clear(a.ids.extend(n))
	for _, m := range a.members {
		m.skip(n)
	}
}

func (a *unions) gather(b *batch) {
	b.nodes = append(b.nodes, arrowNode(len(a.ids), 0))
	a.ids.gather(b)
	for _, m := range a.members {
		m.gather(b)
	}
}

func (a *unions) reset(drop bool) {
	a.ids.reset(drop)
	for _, m := range a.members {
		m.reset(drop)
	}
}
