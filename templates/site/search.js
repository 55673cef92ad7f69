// Shows the leaflets that have all the words typed. Without it, the list is whole and there is no box.
{
  const box = document.querySelector(".search");
  const leaflets = [...document.querySelectorAll("[data-words]")];
  const kinds = [...document.querySelectorAll(".kind")];
  const { found, counts, marks, strokes } = box.dataset;
  const passedOver = new RegExp(marks, "g");
  const plain = JSON.parse(strokes);
  // The same as `folded` in site.py.
  const folded = (text) =>
    [...text.normalize("NFKD").toLowerCase()].map((sign) => plain[sign] ?? sign).join("")
      .replace(passedOver, "").normalize("NFKC").replace(/[\p{C}\p{P}\p{S}\p{Z}]/gu, " ");
  const search = () => {
    const words = folded(box.querySelector("input").value).split(" ").filter(Boolean);
    for (const each of leaflets) each.hidden = !words.every((word) => each.dataset.words.includes(word));
    for (const kind of kinds) kind.hidden = !kind.querySelector("[data-words]:not([hidden])");
    const count = leaflets.filter((each) => !each.hidden).length;
    box.querySelector("[role=status]").textContent =
      words.length ? found.replace("{count}", counts.split(" ")[count]) : "";
  };
  box.querySelector("input").addEventListener("input", search);
  box.hidden = false;
  search();
}
