// Sources are folded. Where there is room for one beside the thing it runs, it begins unfolded.
if (matchMedia('(min-width: 60rem)').matches) {
  for (const source of document.querySelectorAll('.source.beside')) source.open = true;
}
