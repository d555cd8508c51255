package bulk

import "fmt"

// takes gives keys to the rows of which another picture is asked for.
type takes struct {
	*Run
	of map[int32]take
}

// take is another picture of a row: how the row's own key begins, and the number of the picture.
type take struct {
	own    string
	number int
}

// anew gives a row a key of its own for another picture of what it asks for. The key is the same until that picture lies in
// the folder, so that a run that was stopped pays for it once.
func (t *takes) anew(n int32) error {
	row := t.rows.rows[n]
	l, err := t.spool.line(row.place)
	if err != nil {
		return err
	}
	if t.of == nil {
		t.of = map[int32]take{}
	}
	t.of[n] = take{l.Key, t.Folder.PicturesOf(row.Print)}
	t.another(n)
	return nil
}

// another gives a row the next key of another picture that is no other row's.
func (t *takes) another(n int32) {
	next := t.of[n]
	for next.number++; !t.rows.rename(n, fmt.Sprintf("%s~%d", next.own, next.number)); next.number++ {
	}
	t.of[n] = next
}
